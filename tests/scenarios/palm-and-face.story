# This shop wants a palm and a face. One of them is not enough, a bad one even less; both open the gate.
shop demo
seed 107
the gate accepts palm 0.80 and face 0.80

09:00:00  ana shows palm 0.85
09:00:03  ana shows face 0.60
09:00:05  ana shows face 0.90
09:00:07  ana goes in
09:00:20  ana takes 1 melon-pan
09:00:38  ana leaves
= the gate stays shut for ana: waiting
= the gate stays shut for ana: score-too-low
= the gate opens for ana
= ana pays 148 JPY: 1 melon-pan
