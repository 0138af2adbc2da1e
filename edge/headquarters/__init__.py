"""The other end of the shops' lines: keeps every shop's book in PostgreSQL, and shows all of them on one page.

Enters: what shops say (`edge.uplink.contract`). Leaves: their books, entry by entry as they were written, receipts
and sums made of them, a page for staff. Refuses: an entry that does not follow on the last one, a shop that speaks
for another. No room of the shop's knows this one.
"""
