"""Dead letters, the tickets that were given up on: what staff see of them and can do with them."""
