"""The shopper's side: an app for phones under ``/m/``, and what it asks under ``/api/m/``."""
