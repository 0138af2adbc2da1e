# A shelf's clock is set by an hour while somebody reaches for it: for a moment it is blind, and nobody else pays.
shop demo
seed 172

09:00:00  ana enters
09:00:04  ben enters
09:00:16  ana takes 1 nuts-mix from g2-s3:7
09:00:17  shelf g2-s3 is 1 hour ahead
09:00:26  ben takes 1 nuts-mix from g2-s3:7
09:00:40  ana leaves
09:00:48  ben leaves
= ana pays 328 JPY: 1 nuts-mix
= ben pays 328 JPY: 1 nuts-mix
