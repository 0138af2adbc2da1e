# Aki fills up what she has counted before, and takes away what is too old: nobody has to count again.
shop demo
seed 204
there are 2 onigiri-salmon on fridge-s4:1
there are 6 sandwich-ham on fridge-s4:13

09:00:00  aki counts everything
09:00:02  the shop is being restocked
09:00:04  aki enters as staff
09:00:20  aki restocks 6 onigiri-salmon on fridge-s4:2
09:00:34  aki takes away 2 sandwich-ham
09:00:46  aki leaves
09:00:52  the shop is open
09:00:56  ana enters
09:01:08  ana takes 1 onigiri-salmon
09:01:24  ana leaves
= ana pays 178 JPY: 1 onigiri-salmon
= staff are told: low-stock of onigiri-salmon
= stock onigiri-salmon 7
= stock sandwich-ham 4
