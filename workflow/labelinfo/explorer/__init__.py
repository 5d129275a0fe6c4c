"""The explorer: an interactive page of the results."""
