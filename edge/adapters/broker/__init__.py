"""The embedded broker: `embedded` keeps it running, `process` is it; `door`, `introduction` and `complaints` say who
may come in, and who is told why not; `rights` and `mended` who may do what there.
"""
