# Who took nothing and left unseen is not worth a person's time. This shop gives people up after half a minute.
shop demo
seed 127
policy lost_after_s 30

09:00:00  ana enters
09:00:20  ana leaves unseen
09:00:22  1 minute passes
= ana pays 0 JPY
