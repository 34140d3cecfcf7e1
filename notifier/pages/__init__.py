"""The pages that links in mail lead to."""
