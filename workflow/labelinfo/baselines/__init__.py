"""What a β-VAE is compared with."""
