# No camera sees the exit when she leaves. She was the only one inside: it was her.
shop demo
seed 124

09:00:00  ana enters
09:00:14  ana takes 1 yogurt-plain from fridge-s3:12
09:00:24  camera c1 goes silent
09:00:24  camera c2 goes silent
09:00:24  camera c3 goes silent
09:00:24  camera c4 goes silent
09:00:34  ana leaves
= ana pays 148 JPY: 1 yogurt-plain
