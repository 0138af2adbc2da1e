# Staff fill the shelf from which Ana takes at the same moment: she pays exactly hers.
shop demo
seed 110

09:00:00    aki enters as staff
09:00:06    ana enters
09:00:20    aki restocks 6 onigiri-kombu on fridge-s4:9
09:00:21.3  ana takes 1 onigiri-salmon from fridge-s4:2
09:00:26    ana takes 2 onigiri-tuna-mayo from fridge-s4:5
09:00:45    ana leaves
09:00:55    aki leaves
= ana pays 494 JPY: 1 onigiri-salmon, 2 onigiri-tuna-mayo
