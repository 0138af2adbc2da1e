# Ana scans, then Ben; Ben goes in first, while Ana stands beside him. The cameras saw who stood at the reader when, but
# people that close are exchanged now and then: nobody is charged before a person has looked.
shop demo
seed 123

09:00:00    ana shows palm 0.99
09:00:02    ben shows palm 0.99
09:00:04    ben goes in
09:00:06    ana goes in
09:00:20    ana takes 1 onigiri-salmon
09:00:24    ben takes 1 detergent-400
09:00:42    ben leaves
09:00:50    ana leaves
= the gate opens for ana
= the gate opens for ben
= ana is reviewed
= ben is reviewed
