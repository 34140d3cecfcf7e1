"""The photo worker: looks at uploads, and makes the pictures that the menu shows."""
