"""How throughput grows with the baristas, and what an order costs when many wait."""
