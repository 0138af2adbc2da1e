# Staff have phones, too. They take what they need and pay nothing.
shop demo
seed 113

09:00:00  aki enters as staff with a code
09:00:15  aki takes 1 detergent-400
09:00:30  aki leaves
= the gate opens for aki
= nobody pays
