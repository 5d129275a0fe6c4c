"""One VAE, composed of an encoder, a decoder and a marginal.

The class of each takes ``latent_dim``, the dimension L of z, and ``width``, which multiplies every
number of channels or units.
"""
