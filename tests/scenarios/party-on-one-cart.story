# One scan, three people, one cart.
shop demo
seed 16

09:00:00  ana enters with ben and chika
09:00:15  ben takes 1 cola-500
09:00:18  chika takes 1 chips-salt from g2-s2:2
09:00:24  ana takes 1 melon-pan
09:00:45  ana leaves
= ana pays 504 JPY: 1 cola-500, 1 chips-salt, 1 melon-pan
