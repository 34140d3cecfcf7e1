"""The AsyncAPI document: which messages the shop sends, by which channels."""
