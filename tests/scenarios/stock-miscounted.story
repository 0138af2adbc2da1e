# Aki has counted one rice ball where four stand. Ana is charged for the two that she takes, and the count is done for.
shop demo
seed 207
there are 4 onigiri-ume on fridge-s4:7-8

09:00:00  aki counts 1 onigiri-ume on fridge-s4:7-8
09:00:05  ana enters
09:00:18  ana takes 2 onigiri-ume
09:00:36  ana leaves
= ana pays 296 JPY: 2 onigiri-ume
= stock onigiri-ume 0, really 2
= staff are told: low-stock of onigiri-ume, out-of-shelf of onigiri-ume
