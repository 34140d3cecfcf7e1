"""Live streams: this instance receives all topics, and passes each event to its readers."""
