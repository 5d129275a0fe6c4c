"""Measurements of a trained, frozen VAE."""
