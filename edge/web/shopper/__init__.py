"""The shopper's side: an app for phones under ``/m/``, and what it asks under ``/api/m/``."""

from edge.web.shopper.page import part

__all__ = ["part"]
