# Two people stand shoulder to shoulder until the cameras see one, then go their own ways.
shop demo
seed 3

09:00:00  ana enters
09:00:04  ben enters
09:00:16  ana takes 1 chips-salt from g2-s2:3
09:00:17  ben takes 1 chips-nori from g2-s2:6
09:00:24  ana walks to g2-s2:5
09:00:24  ben walks to g2-s2:5
09:00:36  ana takes 1 curry-pan
09:00:38  ben takes 1 pudding
09:00:55  ana leaves
09:01:00  ben leaves
= ana pays 346 JPY: 1 chips-salt, 1 curry-pan
= ben pays 346 JPY: 1 chips-nori, 1 pudding
