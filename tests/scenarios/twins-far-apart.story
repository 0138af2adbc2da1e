# Milk weighs what green tea weighs within a percent. It is put back among the tea: who had it says what it is.
shop demo
seed 20

09:00:00  ana enters
09:00:06  ben enters
09:00:15  ana takes 1 milk-500
09:00:25  ben takes 1 tea-green-500 from g1-s1:9
09:00:32  ana puts back 1 milk-500 on fridge-s1:12
09:00:48  ana leaves
09:00:52  ben leaves
= ana pays 0 JPY
= ben pays 160 JPY: 1 tea-green-500
