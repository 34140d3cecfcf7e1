"""The webhook channel: signed events, posted to addresses that are public and to no others."""
