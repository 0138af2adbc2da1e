# A cell breaks and says zero: that is no pick of all that stands there.
shop demo
seed 175

09:00:00  ana enters
09:00:30  plate g2-s3:7 says zero
09:00:36  ana takes 1 onigiri-ume
09:00:55  ana leaves
= ana pays 148 JPY: 1 onigiri-ume
