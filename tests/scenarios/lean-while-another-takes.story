# Ana leans on the shelf just when Ben takes something from it.
shop demo
seed 24

09:00:00    ana enters
09:00:06    ben enters
09:00:25    ana leans on g1-s3:11
09:00:25.3  ben takes 1 curry-pan from g1-s3:5
09:00:45    ana leaves
09:00:50    ben leaves
= ana pays 0 JPY
= ben pays 168 JPY: 1 curry-pan
