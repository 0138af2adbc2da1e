# A shelf loses its power while somebody stands before it, and comes back at zero: nobody has taken all of it.
shop demo
seed 173

09:00:00  ana enters
09:00:14  ana takes 1 nuts-mix from g2-s3:7
09:00:18  shelf g2-s3 starts anew
09:00:32  ana takes 1 onigiri-ume
09:00:36  ben enters
09:00:48  ben takes 1 nuts-mix from g2-s3:7
09:00:52  ana leaves
09:01:05  ben leaves
= ana is reviewed: 1 nuts-mix, 1 onigiri-ume
= ben pays 328 JPY: 1 nuts-mix
= staff are told: shelf-restarted
