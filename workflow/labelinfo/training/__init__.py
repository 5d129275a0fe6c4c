"""Training a VAE: one job, resumable, bitwise reproducible on one machine."""
