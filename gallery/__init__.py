"""Pictures of every page of a shop on a made-up day."""
