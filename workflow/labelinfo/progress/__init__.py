"""How far a sweep has come, read from its results folder alone."""
