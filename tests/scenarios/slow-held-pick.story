# Lifted, held, weighed in the hand, and only then taken.
shop demo
seed 22

09:00:00  ana enters
09:00:15  ana takes 1 bento-karaage slowly
09:00:40  ana leaves
= ana pays 598 JPY: 1 bento-karaage
