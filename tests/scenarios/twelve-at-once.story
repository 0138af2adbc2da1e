# She clears the place in one movement; of some of them the shop may not be sure.
shop demo
seed 133
there are 12 onigiri-salmon on fridge-s4:1

09:00:00  ana enters
09:00:15  ana takes 12 onigiri-salmon
09:00:40  ana leaves
= ana pays 2136 JPY or less: 12 onigiri-salmon
