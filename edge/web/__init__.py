"""Screens: staff's console, the shopper's page, the boards at the gates; a process of its own beside the shop.

Enters: the book and the recordings (read only), what the shop says on its broker, what people ask for. Leaves: pages,
and questions to the shop's desk: whatever a person decides is recorded there, and not here. Nothing in the shop waits
for this process, and nothing of it is needed for a replay.
"""
