"""Deliveries: each announcement becomes one for each subscriber, attempted until it succeeds."""
