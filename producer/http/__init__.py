"""The cashier's HTTP routes: each handler with its operation, its models and its errors."""
