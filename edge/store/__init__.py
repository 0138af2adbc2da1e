"""What the shop *is*: its layout, catalogue, planogram, taxes and policy.

Enters: a store folder (or the same files attached to a recording). Leaves: one immutable `Store`.
Refuses: a folder with any fault, naming every one with its file, line or key, and the remedy.
"""

from edge.store.catalogue import Catalogue, Product
from edge.store.layout import Camera, Gate, Gondola, Layout, Shelf
from edge.store.load import BrokenStore, Store, load_store, read_store, told_faults
from edge.store.offers import DatedPrice, Offers, Points, Promotion
from edge.store.planogram import Facing, Planogram
from edge.store.policy import Policy
from edge.store.prices import PriceList
from edge.store.profile import Conversion, PlateProfile, ShelfProfile
from edge.store.sight import CameraProfile
from edge.store.tables import Fault
from edge.store.tax import TaxTable

__all__ = [
    "BrokenStore",
    "Camera",
    "CameraProfile",
    "Catalogue",
    "Conversion",
    "DatedPrice",
    "Facing",
    "Fault",
    "Gate",
    "Gondola",
    "Layout",
    "Offers",
    "Planogram",
    "PlateProfile",
    "Points",
    "Policy",
    "PriceList",
    "Product",
    "Promotion",
    "Shelf",
    "ShelfProfile",
    "Store",
    "TaxTable",
    "load_store",
    "read_store",
    "told_faults",
]
