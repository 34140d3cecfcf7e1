"""The whole shop under load, beside the commit before."""
