# A rice ball is left among the snacks, and somebody else takes it from there. A published system would have charged
# Ben for chips, and Ana for a rice ball that she does not have.
shop demo
seed 13

09:00:00  ana enters
09:00:12  ana takes 2 onigiri-salmon
09:00:24  ana puts back 1 onigiri-salmon on g2-s1:4
09:00:35  ben enters
09:00:44  ana leaves
09:00:50  ben takes 1 onigiri-salmon from g2-s1:4
09:01:05  ben leaves
= ana pays 178 JPY: 1 onigiri-salmon
= ben pays 178 JPY: 1 onigiri-salmon
