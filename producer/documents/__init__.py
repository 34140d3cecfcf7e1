"""The shop's documents: read through a cache, changed by version."""
