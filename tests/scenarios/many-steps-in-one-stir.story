# The shelf never comes to rest between these.
shop demo
seed 21

09:00:00    ana enters
09:00:15    ana takes 1 onigiri-salmon from fridge-s4:2
09:00:15.7  ana takes 1 onigiri-tuna-mayo from fridge-s4:5
09:00:16.5  ana takes 2 sandwich-egg from fridge-s4:11 one by one
09:00:40    ana leaves
= ana pays 892 JPY: 1 onigiri-salmon, 1 onigiri-tuna-mayo, 2 sandwich-egg
