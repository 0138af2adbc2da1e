# A scan that nobody follows lets nobody in.
shop demo
seed 122

09:00:00  dan scans and goes away
09:00:02  1 minute passes
= the scan of dan expires
= nobody pays
