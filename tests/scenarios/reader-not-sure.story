# A reader that is not sure opens nothing.
shop demo
seed 109

09:00:00  ana shows palm 0.85
09:00:04  ana goes away
= the gate stays shut for ana: score-too-low
= nobody pays
