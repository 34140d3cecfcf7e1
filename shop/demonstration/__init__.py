"""The demonstration: a load, and faults while it runs, with the evidence that nothing was lost."""
