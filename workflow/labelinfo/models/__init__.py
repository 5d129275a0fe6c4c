"""One VAE, composed of an encoder, a decoder and a marginal.

Each component's class takes ``latent_dim``, the dimension L of z, and ``width``, a multiplier of
all numbers of channels or units.
"""
