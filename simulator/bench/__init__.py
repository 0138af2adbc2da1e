"""How fast: replays and single messages (`replays`), and the daemon as it runs behind a real broker (`live`).

Enters: nothing, or recordings. Leaves: tables that `docs/performance.md` quotes. `stage` starts and stops what is
measured, `traffic` is all of a shop's devices in a process of its own, `latency` and `day` are two parts of `live`.
"""
