# A plate dies, a bottle leaves it meanwhile, and the plate comes back: the levels before and after tell.
shop demo
seed 26

09:00:00  ana enters
09:00:10  plate fridge-s2:7 goes dead
09:00:16  ana takes 1 orange-juice-330 from fridge-s2:7
09:00:24  ana takes 1 choco-bar
09:00:32  plate fridge-s2:7 recovers
09:00:50  ana leaves
= ana pays 326 JPY or less or review: 1 orange-juice-330, 1 choco-bar
