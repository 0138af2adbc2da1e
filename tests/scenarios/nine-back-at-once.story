# Three times three are taken, and all nine put back in one movement.
shop demo
seed 132
there are 12 onigiri-salmon on fridge-s4:1

09:00:00  ana enters
09:00:15  ana takes 3 onigiri-salmon
09:00:25  ana takes 3 onigiri-salmon
09:00:35  ana takes 3 onigiri-salmon
09:00:50  ana puts back 9 onigiri-salmon
09:01:10  ana leaves
= ana pays 0 JPY
