"""One run and its identity."""

from dataclasses import asdict, astuple, dataclass, fields
from typing import Any


def beta_key(beta: float) -> str:
    """Return the text for β in names of folders: ``1``, ``0.5``, ``1e-05``."""
    return f"{float(beta):.12g}"


@dataclass(frozen=True)
class Run:
    """One training, identified by data set, architecture, β and seed index."""

    dataset: str
    encoder: str
    decoder: str
    marginal: str
    beta: str
    seed: int

    @classmethod
    def from_wildcards(cls, wildcards: Any) -> "Run":
        """Return the run of Snakemake's wildcards, whose values are text."""
        values = {field.name: getattr(wildcards, field.name) for field in fields(cls)}
        return cls(**values | {"seed": int(wildcards.seed)})

    @property
    def architecture(self) -> str:
        """Encoder, decoder and marginal in one name."""
        return f"{self.encoder}-{self.decoder}-{self.marginal}"

    @property
    def path(self) -> str:
        """The folder of the run's files, below each stage's folder."""
        return f"{self.dataset}/{self.architecture}/beta{self.beta}/seed{self.seed}"

    @property
    def path_id(self) -> str:
        """The path that the run cools down from: the run's name without β."""
        return f"{self.dataset}/{self.architecture}/seed{self.seed}"

    @property
    def path_columns(self) -> dict[str, str | int]:
        """The path's identity as columns of a table; the path's seeds derive from its values."""
        return {key: value for key, value in self.columns.items() if key != "beta"}

    @property
    def identity(self) -> tuple[str, str, str, str, str, int]:
        """The parts from which seeds are derived."""
        return astuple(self)

    @property
    def columns(self) -> dict[str, str | float | int]:
        """The identity as columns of a table."""
        return asdict(self) | {"beta": float(self.beta)}
