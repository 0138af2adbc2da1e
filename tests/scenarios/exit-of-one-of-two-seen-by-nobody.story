# No camera sees which of two leaves first: that visit is not charged before a person has looked. Who remains is the
# other one, and pays.
shop demo
seed 125

09:00:00  ana enters
09:00:06  ben enters
09:00:16  ana takes 1 yogurt-plain from fridge-s3:12
09:00:20  ben takes 1 chips-salt from g2-s2:2
09:00:28  camera c1 goes silent
09:00:28  camera c2 goes silent
09:00:28  camera c3 goes silent
09:00:28  camera c4 goes silent
09:00:42  ana leaves
09:00:52  ben leaves
= ana is reviewed: 1 yogurt-plain
= ben pays 178 JPY: 1 chips-salt
