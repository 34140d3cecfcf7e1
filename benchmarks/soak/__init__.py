"""A shop under steady load for a while: do its memory and its descriptors stay level?"""
