# Ana scans, then Ben; Ben goes in first. The cameras saw who stood at the reader when.
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
= ana pays 178 JPY: 1 onigiri-salmon
= ben pays 385 JPY: 1 detergent-400
