# Dan has photographed Ben's code, and shows it after him: it was used already.
shop demo
seed 104

09:00:00  ben enters with a code
09:00:05  dan shows ben's code again
09:00:09  dan goes away
09:00:14  ben takes 1 chips-salt from g2-s2:2
09:00:32  ben leaves
= the gate opens for ben
= the gate stays shut for dan: replayed
= ben pays 178 JPY: 1 chips-salt
