# The last curry breads: staff are called when two are left, and again when none is.
shop demo
seed 208
there are 4 curry-pan on g1-s3:5-8

09:00:00  aki counts everything
09:00:05  ana enters
09:00:18  ana takes 2 curry-pan
09:00:30  ben enters
09:00:36  ana leaves
09:00:48  ben takes 2 curry-pan one by one
09:01:04  ben leaves
= ana pays 336 JPY: 2 curry-pan
= ben pays 336 JPY: 2 curry-pan
= stock curry-pan 0
= staff are told: low-stock of curry-pan, out-of-shelf of curry-pan
