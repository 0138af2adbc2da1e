# The same product stands at two ends of the shop; both are taken at the same instant.
shop demo
seed 15

09:00:00  ana enters
09:00:08  ben enters
09:00:25  ana takes 1 tea-green-500 from fridge-s1:2
09:00:25  ben takes 2 tea-green-500 from g1-s1:9
09:00:42  ana leaves
09:00:50  ben leaves
= ana pays 160 JPY: 1 tea-green-500
= ben pays 320 JPY: 2 tea-green-500
