"""What an open shop costs that nobody visits: CPU time, memory and requests."""
