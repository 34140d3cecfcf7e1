"""The channels by which events reach their subscribers."""
