"""Pure rules: orders, the menu, money. No I/O, no clock, no third-party package."""
