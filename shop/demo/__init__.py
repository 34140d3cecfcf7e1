"""A made-up day, so that reports and boards have something to show."""
