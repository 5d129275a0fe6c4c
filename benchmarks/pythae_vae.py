"""The same networks as a β-VAE of pythae, trained by pythae's own loop.

Chadebec, Vincent & Allassonnière (2022), *Pythae: unifying generative autoencoders in Python*,
https://arxiv.org/abs/2206.08309
"""

import logging
import tempfile
import time

import torch
from pythae.data.datasets import BaseDataset
from pythae.models import BetaVAE, BetaVAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from torch import Tensor, nn
from workload import spec_of

from labelinfo.bounds import objective_nats
from labelinfo.models.vae import VAE

LATENT_DIM = 64

# it reports each construction on the screen
logging.getLogger("pythae").setLevel(logging.ERROR)


class Encoder(BaseEncoder):
    """The trunk and head of the gaussian encoder."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, x: Tensor) -> ModelOutput:
        """Return means and log-variances."""
        mean, log_variance = self.encoder.features(x).chunk(2, dim=-1)
        return ModelOutput(embedding=mean, log_covariance=log_variance)


class Decoder(BaseDecoder):
    """The deconv decoder's probabilities."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, z: Tensor) -> ModelOutput:
        """Return the pixels' means."""
        return ModelOutput(reconstruction=self.decoder(z).base_dist.probs)


class PythaeTrainer:
    """(gaussian, deconv, gaussian) in pythae, ready to be timed.

    Parameters
    ----------
    images
        (N, 784) bits; one round trains on each of them once.
    width, batch_size, beta, device
        As elsewhere.
    """

    def __init__(
        self, images: Tensor, *, width: float, batch_size: int, beta: float, device: torch.device
    ) -> None:
        torch.manual_seed(0)
        ours = spec_of("gaussian-deconv-gaussian", width).build()
        # as a user's modules lie in memory
        self.ours = ours.to(memory_format=torch.contiguous_format).to(device)
        config = BetaVAEConfig(
            input_dim=(1, 28, 28), latent_dim=LATENT_DIM, reconstruction_loss="bce", beta=beta
        )
        self.model = BetaVAE(config, Encoder(ours.encoder), Decoder(ours.decoder))
        self.images = images.view(-1, 1, 28, 28).float()
        self.beta = beta
        self._epoch = 0
        self._folder = tempfile.TemporaryDirectory()
        self._trainer = BaseTrainer(
            model=self.model,
            train_dataset=BaseDataset(self.images, torch.zeros(len(images))),
            training_config=BaseTrainerConfig(
                output_dir=self._folder.name,
                per_device_train_batch_size=batch_size,
                num_epochs=1,
                learning_rate=1e-3,
                no_cuda=device.type == "cpu",
            ),
        )
        self._trainer.prepare_training()
        # its progress bars
        self._trainer.callback_handler.callbacks = []

    def images_per_second(self) -> float:
        """Time one round of pythae's own training epoch, which reads its loss at every step."""
        self._epoch += 1
        started = time.perf_counter()
        self._trainer.train_step(self._epoch)
        return len(self.images) / (time.perf_counter() - started)

    def loss_difference_nats(self) -> float:
        """Return how far pythae's objective is from ours, on the same images and draws of z."""
        x = self.images[:8].to(next(self.model.parameters()).device)
        with torch.no_grad():
            torch.manual_seed(0)
            theirs = self.model({"data": x}).loss
            torch.manual_seed(0)
            rate, distortion = VAE.forward(self.ours, x)
            ours = objective_nats(rate, distortion, self.beta).mean()
        return float((theirs - ours).abs())
