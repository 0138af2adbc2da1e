# A controller loses its cable for half a minute, and somebody takes something meanwhile.
shop demo
seed 29

09:00:00  ana enters
09:00:08  shelf g3-s3 goes silent
09:00:16  ana takes 1 batteries-aa-4
09:00:30  shelf g3-s3 returns
09:00:45  ana leaves
= ana pays 498 JPY or less or review: 1 batteries-aa-4
