# The shop closes: shoppers stay out, staff come in, and whoever is inside leaves and pays.
shop demo
seed 115

09:00:00  ana enters
09:00:14  ana takes 1 salad-green
09:00:18  the shop is closed
09:00:22  dan shows a code
09:00:26  dan goes away
09:00:28  aki enters as staff
09:00:40  ana leaves
09:00:55  aki leaves
= the gate stays shut for dan: closed
= ana pays 268 JPY: 1 salad-green
