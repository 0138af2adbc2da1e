# Through the gate and out again.
shop demo
seed 25

09:00:00  ana enters
09:00:15  ana leaves
= ana pays 0 JPY
