# The seafood noodles are sold out, and the soy ones weigh the same and stand next to them: nobody buys what is not there.
shop demo
seed 206
there are no cup-noodle-seafood on g1-s4:4-6
there are 5 cup-noodle-soy on g1-s4:1-3
there are 4 cup-noodle-soy on g1-s2:5-6

09:00:00  aki counts everything
09:00:05  ana enters
09:00:18  ana takes 2 cup-noodle-soy from g1-s4:3
09:00:36  ana leaves
= ana pays 472 JPY: 2 cup-noodle-soy
= stock cup-noodle-seafood 0
= stock cup-noodle-soy 7
= staff are told: out-of-shelf of cup-noodle-seafood
