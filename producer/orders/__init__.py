"""Orders: admitted, priced, recorded, dispatched."""
