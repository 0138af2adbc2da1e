"""Shelves and cameras calibrated and proven from a command line."""
