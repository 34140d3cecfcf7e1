"""The notifier's records in the DynamoDB table."""
