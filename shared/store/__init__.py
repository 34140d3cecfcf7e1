"""The order store: its contract, and the two stores that keep it."""
