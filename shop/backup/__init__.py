"""Copies of the embedded order store: taken while the shop is open, and restored."""
