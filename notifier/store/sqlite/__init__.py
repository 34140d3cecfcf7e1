"""The notifier's records in the embedded store's file."""
