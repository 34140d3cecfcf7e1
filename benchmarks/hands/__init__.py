"""What a worker spends while people have its orders in hand."""
