# Aki sets rice balls down and types in their number at once, before the plates have come to rest: they count once.
shop demo
seed 209
there are 2 onigiri-ume on fridge-s4:7-8

09:00:00  aki enters as staff
09:00:20  aki restocks 6 onigiri-ume on fridge-s4:7
09:00:25  aki counts everything
09:00:40  aki leaves
= nobody pays
= stock onigiri-ume 8
