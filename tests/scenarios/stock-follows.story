# What staff counted in the morning is followed all day: Ana takes three and puts one back, Ben takes one.
shop demo
seed 201
there are 6 onigiri-salmon on fridge-s4:1-3

09:00:00  aki counts everything
09:00:05  ana enters
09:00:15  ana takes 2 onigiri-salmon
09:00:24  ana takes 1 onigiri-salmon
09:00:32  ana puts back 1 onigiri-salmon
09:00:36  ben enters
09:00:50  ana leaves
09:00:56  ben takes 1 onigiri-salmon
09:01:10  ben leaves
= ana pays 356 JPY: 2 onigiri-salmon
= ben pays 178 JPY: 1 onigiri-salmon
= stock onigiri-salmon 3
