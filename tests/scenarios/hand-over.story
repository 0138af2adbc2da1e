# A thing that is handed over stays its picker's: nobody can know whether it was a present.
shop demo
seed 17

09:00:00  ana enters
09:00:06  ben enters
09:00:16  ana takes 1 choco-bar
09:00:28  ana hands 1 choco-bar to ben
09:00:45  ben leaves
09:00:50  ana leaves
= ana pays 138 JPY: 1 choco-bar
= ben pays 0 JPY
