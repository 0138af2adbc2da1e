# Both reach for the same plate at the same time, and what leaves it is twice one bottle.
shop demo
seed 14

09:00:00    ana enters
09:00:08    ben enters
09:00:25    ana takes 1 tea-green-500 from fridge-s1:2
09:00:25.4  ben takes 1 tea-green-500 from fridge-s1:3
09:00:42    ana leaves
09:00:50    ben leaves
= ana pays 160 JPY: 1 tea-green-500
= ben pays 160 JPY: 1 tea-green-500
