# Ana's bag swings through the exit's light a second time. Ben, who stands among the noodles, has not left.
shop demo
seed 131

09:00:00  ana enters
09:00:06  ben enters
09:00:14  ana takes 1 senbei-soy from g2-s1:5
09:00:30  ana leaves
09:00:34  the light barrier of exit fires for nobody
09:00:40  ben takes 1 cup-noodle-seafood
09:00:58  ben leaves
= staff are told: stranger
= ana pays 198 JPY: 1 senbei-soy
= ben pays 236 JPY: 1 cup-noodle-seafood
