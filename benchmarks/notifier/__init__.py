"""What the notifier costs: a delivery, a live event, and an issue with 20,000 subscribers."""
