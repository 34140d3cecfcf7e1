"""Subscriptions: how they are wished for, confirmed, looked after, and ended."""
