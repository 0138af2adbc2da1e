# A plate sticks: it says what it said last, whatever is taken. Nobody is charged for what was not seen.
shop demo
seed 27

09:00:00  plate g2-s3:7 sticks
09:00:05  ana enters
09:00:16  ana takes 1 nuts-mix from g2-s3:7
09:00:26  ana takes 1 onigiri-ume
09:00:45  ana leaves
09:00:50  plate g2-s3:7 recovers
= ana pays 476 JPY or less or review: 1 nuts-mix, 1 onigiri-ume
