"""The notifier: topics, subscriptions, and the channels that announcements reach subscribers by."""
