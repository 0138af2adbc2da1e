# Green and barley tea differ by a gram and stand next to each other: the place has to tell them apart.
shop demo
seed 19

09:00:00  ana enters
09:00:15  ana takes 1 tea-green-500 from fridge-s1:1
09:00:22  ana takes 1 tea-barley-500 from fridge-s1:6
09:00:40  ana leaves
= ana pays 320 JPY: 1 tea-green-500, 1 tea-barley-500
