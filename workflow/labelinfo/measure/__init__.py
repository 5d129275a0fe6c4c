"""Measuring a trained, frozen VAE."""
