"""The shop's side of its line to headquarters, and the contract that both sides keep to.

Enters: the book beside its writer, what the running shop says of itself. Leaves: entries in order and, best effort, the
shop's state, over one outbound connection; what staff should know of it. The shop waits for none of it. Nothing here
knows headquarters' rooms: they stand on this one.
"""
