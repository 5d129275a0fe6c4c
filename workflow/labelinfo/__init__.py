"""How much of the label survives in a representation learned without labels."""
