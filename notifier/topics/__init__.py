"""The topics of the shop, and the press that newsletter issues come from."""
