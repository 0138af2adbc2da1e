# Cora slips in behind Ana. Staff hear of it at once, and nobody pays for what Cora takes.
shop demo
seed 116

09:00:00  ana enters
09:00:01  cora follows ana in
09:00:16  ana takes 1 onigiri-salmon
09:00:20  cora takes 1 batteries-aa-4
09:00:36  ana leaves
09:00:46  cora leaves
= staff are told: tailgate, stranger
= ana pays 178 JPY: 1 onigiri-salmon
