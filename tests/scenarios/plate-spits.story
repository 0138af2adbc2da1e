# A loose wire: one sample in two hundred is nonsense. What is taken is weighed all the same, and nothing else is.
shop demo
seed 174

09:00:00  plate g2-s3:7 spits
09:00:01  ana enters
09:00:16  ana takes 1 nuts-mix from g2-s3:7
09:00:26  ana takes 1 onigiri-ume
09:00:45  ana leaves
= ana pays 476 JPY: 1 nuts-mix, 1 onigiri-ume
