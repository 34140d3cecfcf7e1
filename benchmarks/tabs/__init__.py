"""Pages that stay open for hours, and what their tabs hold."""
