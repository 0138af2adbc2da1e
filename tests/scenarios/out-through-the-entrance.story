# Out is out, through whichever gate: Eve leaves by the entrance and pays.
shop demo
seed 118

09:00:00  eve enters
09:00:15  eve takes 1 cup-noodle-soy from g1-s4:2
09:00:32  eve leaves through the entrance
= eve pays 236 JPY: 1 cup-noodle-soy
