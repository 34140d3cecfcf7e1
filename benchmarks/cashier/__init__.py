"""What an order costs the cashier, beside a bare handler that makes the same writes and calls."""
