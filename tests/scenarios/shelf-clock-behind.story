# A shelf's clock is two seconds behind: that is found out by when its words come, and nobody pays for another.
shop demo
seed 171

09:00:00  shelf g2-s3 is 2 s behind
09:00:01  ana enters
09:00:05  ben enters
09:00:16  ana takes 1 nuts-mix from g2-s3:7
09:00:20  ana leaves
09:00:24  ben takes 1 nuts-mix from g2-s3:7
09:00:48  ben leaves
= ana pays 328 JPY: 1 nuts-mix
= ben pays 328 JPY: 1 nuts-mix
