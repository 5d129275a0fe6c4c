"""Decoders d(x|z)."""
