"""The notifier's pages: newsletters, for those who read them and those who write them."""
