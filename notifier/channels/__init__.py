"""The channels by which subscribers are reached."""
