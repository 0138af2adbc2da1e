# A shelf's clock wanders by a second either way within minutes: it is followed, and told.
shop demo
seed 176

09:00:00  shelf g2-s3 wanders by 1 s
09:00:40  ana enters
09:00:44  ben enters
09:00:58  ana takes 1 nuts-mix from g2-s3:7
09:01:10  ben takes 1 nuts-mix from g2-s3:7
09:01:30  ana leaves
09:01:38  ben leaves
= ana pays 328 JPY: 1 nuts-mix
= ben pays 328 JPY: 1 nuts-mix
