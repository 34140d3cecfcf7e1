"""The records of the notifier alone: topics, deliveries, pending confirmations."""
