"""Subscriptions: requested, confirmed, restored at SNS, and ended."""
