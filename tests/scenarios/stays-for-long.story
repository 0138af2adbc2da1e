# Ana reads labels for a minute in a shop that gives people up after half a minute: she is seen, and is not given up.
shop demo
seed 128
policy lost_after_s 30

09:00:00  ana enters
09:00:12  ana walks to g3-s2:2
09:00:20  1 minute passes
09:01:30  ana takes 1 notebook-a5 from g3-s2:2
09:01:48  ana leaves
= ana pays 165 JPY: 1 notebook-a5
