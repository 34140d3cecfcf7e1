"""What botocore does for every request, done once or at less cost, through its own hooks."""
