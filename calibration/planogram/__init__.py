"""Whether products can be told apart where they stand; and what their units weigh.

Enters: a store, its shelves' profiles, what shelves said. Leaves: the wrong charges that an arrangement leads to and a
better one (`outlook`, `arrange`), places whose contents contradict the planogram (`contents`).
"""
