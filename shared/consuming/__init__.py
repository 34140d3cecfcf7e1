"""The consumer engine: from a queue to a handler, and from its outcome back to the queue."""
