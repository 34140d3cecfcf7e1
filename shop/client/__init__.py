"""How the command line speaks to a shop: the HTTP API, as any customer would."""
