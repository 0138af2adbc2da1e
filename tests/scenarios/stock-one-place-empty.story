# One of the two places of chocolate is empty and the other full: there is chocolate, and staff are not sent for.
shop demo
seed 210
there are no choco-bar on g2-s3:1-2
there are 6 choco-bar on g2-s2:9

09:00:00  aki counts everything
09:00:05  ana enters
09:00:16  ana takes 1 choco-bar
09:00:36  ana leaves
= ana pays 138 JPY: 1 choco-bar
= stock choco-bar 5
