# What is too old leaves the fridge with Aki, while the only shopper stands among the snacks.
shop demo
seed 112

09:00:00  aki enters as staff
09:00:08  ana enters
09:00:20  ana takes 1 gummy-grape
09:00:22  aki takes away 3 sandwich-egg from fridge-s4:11
09:00:30  aki takes away 2 sandwich-ham from fridge-s4:13
09:00:45  aki leaves
09:00:50  ana leaves
= ana pays 158 JPY: 1 gummy-grape
