"""How much will be wanted, and what to order: demand out of days that sold out, orders out of what a unit earns."""
