# The shop is being restocked by somebody whom the gate no longer knows: staff are told, and the stock follows.
shop demo
seed 205
there are 3 tea-green-500 on fridge-s1:2
there are 5 tea-green-500 on g1-s1:7

09:00:00  aki counts everything
09:00:02  the shop is being restocked
09:00:04  kai enters as staff with an old code
09:00:20  kai restocks 4 tea-green-500 on fridge-s1:2
09:00:40  kai leaves
= nobody pays
= staff are told: tailgate, stranger
= stock tea-green-500 12
