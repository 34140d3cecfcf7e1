"""The barista: claims orders by their tickets, prepares them, and announces each change."""
