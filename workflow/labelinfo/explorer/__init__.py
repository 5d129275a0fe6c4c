"""The results as one page to look around in."""
