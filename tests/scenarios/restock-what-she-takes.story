# Staff fill up the very rice balls of which Ana takes two.
shop demo
seed 111

09:00:00  aki enters as staff
09:00:06  ana enters
09:00:20  aki restocks 4 onigiri-salmon on fridge-s4:3
09:00:28  ana takes 2 onigiri-salmon from fridge-s4:1
09:00:45  ana leaves
09:00:55  aki leaves
= ana pays 356 JPY: 2 onigiri-salmon
