"""Pure rules: orders, the menu, money, addresses. No I/O and no clock."""
