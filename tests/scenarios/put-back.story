# Two are taken, one is put back where it was.
shop demo
seed 12

09:00:00  ana enters
09:00:12  ana takes 2 onigiri-salmon
09:00:20  ana puts back 1 onigiri-salmon
09:00:40  ana leaves
= ana pays 178 JPY: 1 onigiri-salmon
