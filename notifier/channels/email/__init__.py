"""The e-mail channel: composes mail, and sends it to a server or into a folder."""
