# Touches, hesitates, leans on the shelf, buys nothing, and pays nothing.
shop demo
seed 23

09:00:00  ana enters
09:00:12  ana touches chips-salt
09:00:20  ana hesitates over detergent-400
09:00:28  ana leans on g3-s2
09:00:34  gondola g3 is hit
09:00:45  ana leaves
= ana pays 0 JPY
