# What Ana left among the socks, Ben takes from there: nothing is astray any more, and no socks were sold.
shop demo
seed 203
there are 5 choco-bar on g2-s3:1-2
there are 4 choco-bar on g2-s2:9

09:00:00  aki counts everything
09:00:05  ana enters
09:00:16  ana takes 1 choco-bar from g2-s3:1
09:00:32  ana puts back 1 choco-bar on g3-s2:5
09:00:40  ben enters
09:00:50  ana leaves
09:01:00  ben takes 1 choco-bar from g3-s2:5
09:01:16  ben leaves
= ana pays 0 JPY
= ben pays 138 JPY: 1 choco-bar
= stock choco-bar 8
