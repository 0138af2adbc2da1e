# The exit's light barrier did not see her. After a quarter of an hour without her, a person has to look.
shop demo
seed 126

09:00:00  ana enters
09:00:14  ana takes 1 rice-pack-200
09:00:30  ana leaves unseen
09:00:32  16 minutes pass
= ana is reviewed: 1 rice-pack-200
