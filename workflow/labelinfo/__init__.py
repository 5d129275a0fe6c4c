"""How much label information survives in a representation learned without labels.

``labelinfo.load(folder)`` returns the trained VAE of a finished run. Importing the package imports
neither torch nor Snakemake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from labelinfo.trained import TrainedRun

__all__ = ["__version__", "load"]
__version__ = "0.1.0"


def load(
    run_folder: Path | str, *, components: Iterable[str] = (), device: str = "cpu"
) -> TrainedRun:
    """Return the trained VAE of a run, with its β, R, D and C.

    Parameters
    ----------
    run_folder
        The folder with the run's weights, ``results/<experiment>/<stage>/<dataset>/
        <encoder>-<decoder>-<marginal>/beta<β>/seed<seed>``, or the file ``best.safetensors`` in it.
        The stage is ``train_vae``, or ``cool_vae`` for a run that cooled down from a path.
    components
        Import paths ``module:Class`` of your own components. Only these and the package's modules
        are imported, even if the files of the run name others.
    device
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    StorageError
        If a file is missing or damaged, or does not belong to the run.
    ConfigError
        If a component is neither the package's nor among ``components``.
    """
    from labelinfo.trained import load_run

    return load_run(run_folder, components=components, device=device)
