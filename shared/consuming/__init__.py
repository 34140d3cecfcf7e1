"""The consumer engine: receives messages, runs a handler on each, and settles its outcome."""
