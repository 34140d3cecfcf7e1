"""The consumer engine beside other consumers and the floor, on one loopback queue."""
