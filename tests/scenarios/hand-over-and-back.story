# Until somebody puts it back: Ben returns what Ana gave him.
shop demo
seed 18

09:00:00  ana enters
09:00:06  ben enters
09:00:16  ana takes 1 notebook-a5 from g3-s2:2
09:00:28  ana hands 1 notebook-a5 to ben
09:00:40  ben puts back 1 notebook-a5
09:00:55  ben leaves
09:01:00  ana leaves
= ana pays 0 JPY
= ben pays 0 JPY
