# No camera sees which of two leaves first, and so not who remains either: nobody is charged before a person has looked.
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
= ben is reviewed: 1 chips-salt
