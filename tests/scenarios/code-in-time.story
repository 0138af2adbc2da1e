# A phone's code, its owner, and what she takes.
shop demo
seed 101

09:00:00  ana enters with a code
09:00:12  ana takes 1 onigiri-salmon
09:00:30  ana leaves
= the gate opens for ana
= ana pays 178 JPY: 1 onigiri-salmon
