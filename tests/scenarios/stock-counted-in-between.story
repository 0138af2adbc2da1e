# Aki types the number in while the plates still tremble from the last two rice balls: they count once.
shop demo
seed 209
there are 2 onigiri-ume on fridge-s4:7-8

09:00:00    aki enters as staff
09:00:20    aki restocks 6 onigiri-ume on fridge-s4:7
09:00:23.5  aki counts 8 onigiri-ume on fridge-s4:7-8
09:00:40    aki leaves
= nobody pays
= stock onigiri-ume 8
