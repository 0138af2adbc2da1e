"""Labels for shelves, as a page that any browser prints: name, place, and a QR code of GS1 Digital Link (segno).

Enters: a store and the address of its pages. Leaves: HTML that loads nothing, a label for each place of the planogram.
Prices are not on it: they change, and the page behind the code has the one that holds.
"""

from __future__ import annotations

import html
from urllib.parse import urlsplit

from edge.drawing.qr import qr_svg
from edge.facts.links import link_of
from edge.store import Store

STYLE = """
@page { size: A4; margin: 10mm }
body { font-family: sans-serif; margin: 0 }
main { display: grid; grid-template-columns: repeat(3, 60mm); gap: 4mm }
article { border: .2mm dashed #999; padding: 3mm; box-sizing: border-box; height: 44mm; break-inside: avoid;
  display: grid; grid-template-columns: 28mm 1fr; gap: 2mm; align-items: center }
svg { width: 28mm; height: 28mm }
h2 { font-size: 11pt; margin: 0 0 1mm; overflow-wrap: anywhere }
p { font-size: 8pt; margin: 0; color: #555 }
"""


def address_in(said: str) -> str:
    """An address that a QR code may say, of http(s); empty where it is none. A bare host is https."""
    said = said.strip().rstrip("/")
    whole = said if "://" in said else f"https://{said}"
    try:
        parts = urlsplit(whole)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port is not False
    except ValueError:
        return ""
    plain = whole.isascii() and whole.isprintable() and not set(whole) & set(' ?#@"<>')
    return whole if said and fits and plain and "." in (parts.hostname or "") else ""


def labels_html(store: Store, address: str, language: str = "") -> tuple[str, int]:
    """The page, and how many labels are on it: one for each product on each shelf."""
    language = language or (store.languages[0] if store.languages else "")
    places = dict.fromkeys((facing.shelf, facing.sku) for facing in store.planogram.facings)
    labels = [_label(store, address, shelf, sku, language) for shelf, sku in places]
    head = f'<!doctype html>\n<html lang="{html.escape(language or "en")}">\n<head><meta charset="utf-8">'
    title = f"<title>{html.escape(store.name)}</title><style>{STYLE}</style></head>"
    return f"{head}{title}\n<body><main>\n" + "\n".join(labels) + "\n</main></body></html>\n", len(labels)


def _label(store: Store, address: str, shelf: str, sku: str, language: str) -> str:
    product = store.catalogue[sku]
    link = link_of(address, product, shelf)
    name, others = product.name(language), [n for lang, n in product.names if lang and lang != language]
    second = next((other for other in others if other and other != name), "")
    words = "".join(f"<p>{html.escape(text)}</p>" for text in (second, shelf) if text)
    heading = f"<h2>{html.escape(name)}</h2>"
    return f'<article data-link="{html.escape(link)}">{qr_svg(link, sized=False)}<div>{heading}{words}</div></article>'
