"""The topics of the shop, and the publisher that newsletter issues come from."""
