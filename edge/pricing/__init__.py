"""What each unit costs when, and what a basket costs by the shop's promotions.

Enters: the store (catalogue, dated prices, promotions), how many units of what, and a `Stay`: who pays, when they came
and left, and when they took each unit. Leaves: a line a product with its list price, what it costs and why less, and
what is off the whole basket. Refuses nothing: a price is an integer in the currency's minor unit, never negative, never
dearer than the list price of the moment that counts.

`stay` tells when things were taken, `units` what one costs then, `combine` which promotions together are the cheapest,
`basket` puts it together, `shares` splits an amount by prices. No clock, disk, network or randomness.
"""

from edge.pricing.basket import Discount, Kind, PricedBasket, PricedLine, price_basket
from edge.pricing.shares import shares
from edge.pricing.stay import Coupon, Stay, stay_of
from edge.pricing.units import Cost, cost_at, held_since

__all__ = [
    "Cost",
    "Coupon",
    "Discount",
    "Kind",
    "PricedBasket",
    "PricedLine",
    "Stay",
    "cost_at",
    "held_since",
    "price_basket",
    "shares",
    "stay_of",
]
