"""The page `/design`: every part of the look in all its states. Only `make run` serves it."""
