"""How long does a photo take from its upload to the menu?"""
