"""The embedded broker: `embedded` keeps it running, `process` is it, `door` and `rights` say who may do what there."""
