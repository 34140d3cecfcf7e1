"""The commands of `coffeeshop`, one file each."""
