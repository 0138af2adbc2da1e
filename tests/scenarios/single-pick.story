# The plainest visit there is.
shop demo
seed 11

09:00:00  ana enters
09:00:12  ana takes 1 onigiri-salmon
09:00:30  ana leaves
= ana pays 178 JPY: 1 onigiri-salmon
