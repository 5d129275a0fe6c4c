"""One VAE, composed of an encoder, a decoder and a marginal."""
