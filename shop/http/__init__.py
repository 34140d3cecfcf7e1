"""What only the counter of one machine serves: scaling, and the demonstration."""
