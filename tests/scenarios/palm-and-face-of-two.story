# A palm of one and the face of another are no pair, and a pair that comes too late is none either.
shop demo
seed 108
the gate accepts palm 0.80 and face 0.80

09:00:00  ana shows palm 0.95
09:00:03  ben shows face 0.95
09:00:15  ana shows face 0.95
09:00:20  ana goes away
09:00:22  ben goes away
= the gate stays shut for ana: waiting
= the gate stays shut for ben: waiting
= the gate stays shut for ana: waiting
= nobody pays
