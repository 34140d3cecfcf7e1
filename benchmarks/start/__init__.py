"""How long a shop takes from `make run` to its first order."""
