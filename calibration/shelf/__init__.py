"""The walk: one technician, one shelf, a weight and a handful of products; then the shelf weighs, or is refused.

Enters: batches of one shelf, as its controller says them. Leaves: a profile with the evidence for it, or the faults by
name with their remedies. `walk` asks, `stages` and `weighing` feel what was done, `readings` fits, `verdict` decides,
`session` is all of it from the question to the file; `screen` and `faces` are what a person sees.
"""
