"""What only the notifier records: topics, deliveries, pending confirmations."""
