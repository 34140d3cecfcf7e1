"""What the most expensive anonymous request of each operation costs the server."""
