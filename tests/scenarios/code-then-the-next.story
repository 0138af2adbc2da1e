# An old picture is refused; the code that the app shows now is good, and she comes in on it.
shop demo
seed 103

09:00:00  ana shows an old code
09:00:05  ana shows a code
09:00:07  ana goes in
09:00:18  ana takes 1 cola-500
09:00:36  ana leaves
= the gate stays shut for ana: expired
= the gate opens for ana
= ana pays 178 JPY: 1 cola-500
