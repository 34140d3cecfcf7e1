"""Live streams: what this instance hears of the topics, told to everybody who follows along."""
