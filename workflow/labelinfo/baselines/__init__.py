"""Baselines of the β-VAEs."""
