# Dan scans and thinks better of it, Ana scans and goes in, and no camera sees either at the gate. On whose scan she came
# in nobody can know: nothing is charged before a person has looked.
shop demo
seed 133

08:59:50  camera c1 goes silent
08:59:50  camera c2 goes silent
08:59:50  camera c3 goes silent
08:59:50  camera c4 goes silent
09:00:00  dan scans and goes away
09:00:07  ana enters
09:00:14  camera c1 returns
09:00:14  camera c2 returns
09:00:14  camera c3 returns
09:00:14  camera c4 returns
09:00:24  ana takes 1 bento-karaage
09:00:40  ana leaves
= the scan of ana expires
= dan is reviewed
