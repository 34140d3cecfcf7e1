"""What measures the shop."""
