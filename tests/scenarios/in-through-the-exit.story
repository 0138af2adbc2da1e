# Fay comes in where others go out. Nobody knows who she is; staff know that she is there.
shop demo
seed 119

09:00:00  ana enters
09:00:08  fay comes in through the exit
09:00:20  fay takes 1 masks-7
09:00:24  ana takes 1 tuna-can from g1-s4:11
09:00:42  fay leaves
09:00:50  ana leaves
= staff are told: tailgate, stranger
= ana pays 228 JPY: 1 tuna-can
