# Everything that is wrong with a code is told by its own name, and opens nothing.
shop demo
seed 102

09:00:00  ana shows an old code
09:00:06  ana goes away
09:00:10  ben shows an early code
09:00:16  ben goes away
09:00:20  chika shows a forged code
09:00:26  chika goes away
09:00:30  dan shows a code of another shop
09:00:36  dan goes away
09:00:40  eve shows a stranger's code
09:00:46  eve goes away
= the gate stays shut for ana: expired
= the gate stays shut for ben: phone-clock-ahead
= the gate stays shut for chika: forged
= the gate stays shut for dan: foreign-shop
= the gate stays shut for eve: unknown
= nobody pays
