"""Photos of menu items: forms to upload them, what became of each, those of the first start."""
