# Ana is out of sight for good, ben comes in on his own scan: he is not ana.
shop demo
seed 134

09:00:00  ana enters
09:00:15  ana takes 1 rice-pack-200
09:00:40  ana leaves unseen
09:01:20  ben enters
09:01:35  ben takes 1 melon-pan
09:02:10  ben leaves
09:02:12  10 seconds pass
= ana is reviewed: 1 rice-pack-200
= ben pays 148 JPY: 1 melon-pan
