"""Many jobs at once: a night of replays, on this machine or on a cluster, and what a change does to all of them.

Flow: `build` says which Tebura works, `job` carries out one job in a process of its own, `kept` remembers what came
out, `crew` has many carried out. `recordings` makes jobs of replays, `task` of our own functions; `regress` compares
two builds, `shown` tells it.
"""
