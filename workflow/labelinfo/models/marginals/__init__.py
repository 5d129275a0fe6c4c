"""Marginals m(z)."""
