"""What crosses a queue or a topic, as pydantic models."""
