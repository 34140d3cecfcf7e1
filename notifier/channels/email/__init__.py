"""The e-mail channel: what subscribers are mailed, and how it leaves the house."""
