"""How the shop's sensors are calibrated, by command: shelves, and what stands on them.

Enters: what controllers say, live (`listen`) or recorded. Leaves: dated profiles that are never overwritten
(`history`), faults by name with their remedies (`faults`), a catalogue that knows what a unit weighs. `shelf` is the
guided walk, `health` looks without touching, `planogram` asks what can be told apart. The runtime reads the profiles
(`edge.store.profile`) and knows nothing of this room.
"""
