"""Delivering: announcements become deliveries, one for each subscriber, each with its own fate."""
