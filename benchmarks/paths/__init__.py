"""How much of the code one order, one ticket, one webhook and one start run through."""
