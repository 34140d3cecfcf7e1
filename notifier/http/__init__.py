"""What the notifier serves over HTTP: each route with its models and errors."""
