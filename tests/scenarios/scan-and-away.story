# Dan scans and thinks better of it. Ana, who comes next, pays for herself; Dan pays nothing.
shop demo
seed 121

09:00:00  dan scans and goes away
09:00:07  ana enters
09:00:18  ana takes 1 bento-karaage
09:00:36  ana leaves
= the scan of dan expires
= ana pays 598 JPY: 1 bento-karaage
