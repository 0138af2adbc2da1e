"""What the book, the recordings and the store's files say, as JSON-ready facts.

Enters: the book, a store, a moment. Leaves: rows that the command line prints and the screens show, so that both say
the same. No words for people, no tables.
"""
