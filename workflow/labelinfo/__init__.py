"""How much of the label survives in a representation learned without labels.

``labelinfo.load(folder)`` gives the trained VAE of a finished run. The import of the package itself
imports neither torch nor Snakemake.
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
        <encoder>-<decoder>-<marginal>/beta<β>/seed<seed>``. The stage is ``train_vae`` or, of a run
        that cooled down from a path, ``cool_vae``. The file ``best.safetensors`` in it will do.
    components
        Import paths ``module:Class`` of components of your own. No other module than these and the
        package's own is imported, whatever the files of the run say.
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
