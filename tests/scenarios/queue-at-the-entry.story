# Three scan one after the other before the first goes in: each pays for their own.
shop demo
seed 134

09:00:00  ana shows palm 0.99
09:00:02  ben shows palm 0.99
09:00:04  chika shows palm 0.99
09:00:05  ana goes in
09:00:07  ben goes in
09:00:09  chika goes in
09:00:24  ana takes 1 onigiri-salmon
09:00:28  ben takes 1 detergent-400
09:00:32  chika takes 1 cup-noodle-soy from g1-s4:2
09:00:50  ana leaves
09:00:58  ben leaves
09:01:06  chika leaves
= ana pays 178 JPY: 1 onigiri-salmon
= ben pays 385 JPY: 1 detergent-400
= chika pays 236 JPY: 1 cup-noodle-soy
