"""What an order costs a barista, beside a bare loop that makes the same changes."""
