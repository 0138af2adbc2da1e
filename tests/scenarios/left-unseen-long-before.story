# The same, five minutes later.
shop demo
seed 135

09:00:00  ana enters
09:00:15  ana takes 1 rice-pack-200
09:00:40  ana leaves unseen
09:05:40  ben enters
09:05:55  ben takes 1 melon-pan
09:06:20  ben leaves
09:06:22  10 seconds pass
= ana is reviewed: 1 rice-pack-200
= ben pays 148 JPY: 1 melon-pan
