"""How many baristas there should be, and how that comes about."""
