# The runtime was down for three seconds. Ana was alone: there is nobody whom she could have been taken for.
shop demo
seed 129

09:00:00  ana enters
09:00:12  ana takes 1 coffee-latte-280
09:00:16  a blindness of 3 s
09:00:24  ana takes 1 nuts-mix from g2-s3:7
09:00:42  ana leaves
= ana pays 486 JPY: 1 coffee-latte-280, 1 nuts-mix
