"""Traces: what happens to one order in all services, as one tree of spans; off unless set."""
