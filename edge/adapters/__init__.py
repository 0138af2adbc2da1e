"""What carries bytes between the shop and the world, and decides nothing.

A room a kind of line (`broker`, `mqtt`, `serial`, `payment`), and beside them what these share.
"""
