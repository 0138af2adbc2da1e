# … and she leaves first: it is not Ana who has left, and what Ana takes afterwards is Ana's.
shop demo
seed 117

09:00:00  ana enters
09:00:01  cora follows ana in
09:00:18  cora takes 1 chips-nori from g2-s2:6
09:00:32  cora leaves
09:00:44  ana takes 1 pudding
09:01:00  ana leaves
= staff are told: tailgate, stranger
= ana pays 168 JPY: 1 pudding
