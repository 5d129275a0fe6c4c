"""Encoders p(z|x)."""
