# Two are scanned and three come. The party pays for what its two took; the third is a stranger, and staff are told.
shop demo
seed 3

09:00:00  ana enters with a party of 2 but 3 come
09:00:16  ana takes 1 cola-500
09:00:20  ana-2 takes 1 curry-pan
09:00:24  ana-3 takes 1 notebook-a5 from g3-s2:2
09:00:45  ana leaves
= staff are told: tailgate, stranger
= ana pays 346 JPY: 1 cola-500, 1 curry-pan
