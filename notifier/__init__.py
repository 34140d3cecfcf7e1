"""The notifier: topics, subscriptions, their channels, and live streams."""
