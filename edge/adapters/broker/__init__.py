"""The embedded broker: `embedded` keeps it running, `process` is it; `door`, `introduction` and `complaints` say who comes
in and who hears why not, `rights` and `mended` who may do what there.
"""
