"""Tables of all runs and baselines, audited row by row."""
