# Ana stands before a shelf for four minutes, alone: nothing that is said of her again and again may grow without bound.
shop demo
seed 131

09:00:00  ana enters
09:00:20  ana walks to g1-s1:3
09:04:30  ana leaves
= ana pays 0 JPY
