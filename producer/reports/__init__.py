"""The day in figures, from its orders."""
