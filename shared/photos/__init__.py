"""The photo store: what was uploaded and not looked at yet, and the renditions of all photos."""
