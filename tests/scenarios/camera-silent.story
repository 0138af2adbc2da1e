# The camera over the snacks is away; the others see enough.
shop demo
seed 28

09:00:00  ana enters
09:00:05  camera c3 goes silent
09:00:18  ana takes 1 gummy-grape
09:00:30  ana takes 1 cup-noodle-soy from g1-s4:2
09:00:40  camera c3 returns
09:00:50  ana leaves
= ana pays 394 JPY: 1 gummy-grape, 1 cup-noodle-soy
