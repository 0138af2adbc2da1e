# The runtime was down while two stood together: they may have changed places, so a person looks.
shop demo
seed 130

09:00:00  ana enters
09:00:04  ben enters
09:00:14  ana walks to g2-s2:3
09:00:14  ben walks to g2-s2:6
09:00:22  a blindness of 3 s
09:00:28  ana takes 1 chips-salt from g2-s2:2
09:00:31  ben takes 1 chips-nori from g2-s2:7
09:00:45  ana leaves
09:00:52  ben leaves
= ana is reviewed: 1 chips-salt
= ben is reviewed: 1 chips-nori
