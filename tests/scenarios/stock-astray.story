# A chocolate bar is left among the socks: it is still in the shop, and not where anybody looks for it.
shop demo
seed 202
there are 5 choco-bar on g2-s3:1-2
there are 4 choco-bar on g2-s2:9

09:00:00  aki counts everything
09:00:05  ana enters
09:00:16  ana takes 2 choco-bar from g2-s3:1
09:00:32  ana puts back 1 choco-bar on g3-s2:5
09:00:50  ana leaves
= ana pays 138 JPY: 1 choco-bar
= stock choco-bar 7 and 1 astray
