"""The runs of a sweep, and checks across several keys of the configuration."""

import itertools
from collections.abc import Iterator
from typing import Any

from labelinfo.config.path_grid import snapshot_betas
from labelinfo.config.run import Run, beta_key
from labelinfo.config.tasks import TASKS
from labelinfo.errors import ConfigError

# The roles of each reader's files in a data set's definition.
ROLES = {
    "static_mnist": (
        *("train", "valid", "test"),
        *("train_originals", "train_labels", "test_originals", "test_labels"),
    ),
    "omniglot": ("data",),
    "table": ("table",),
}


def enumerate_runs(config: dict[str, Any]) -> Iterator[Run]:
    """Yield every run of a completed configuration's ``sweep``, in order."""
    sweep = config["sweep"]
    for dataset in sweep["datasets"]:
        for encoder, decoder, marginal in architectures(config):
            for beta in sweep["betas"][decoder]:
                for seed in sweep["seeds"]:
                    yield Run(dataset, encoder, decoder, marginal, beta_key(beta), seed)


def architectures(config: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return encoder, decoder and marginal of each architecture of a sweep, in order."""
    sweep = config["sweep"]
    if sweep["architectures"] is not None:
        return [tuple(name.split("-")) for name in sweep["architectures"]]
    return list(itertools.product(sweep["encoders"], sweep["decoders"], sweep["marginals"]))


def decoders_of(config: dict[str, Any]) -> list[str]:
    """Return the decoders of a sweep, each once, in order."""
    return list(dict.fromkeys(decoder for _, decoder, _ in architectures(config)))


def check_sweep(config: dict[str, Any], components: dict[str, dict[str, str]]) -> None:
    """Check that the selections of a completed configuration exist and fit together.

    ``components`` are the known components by kind: ``encoders``, ``decoders``, ``marginals``.

    Raises
    ------
    ConfigError
        The message names the key and the existing selections.
    """
    sweep = config["sweep"]
    for kind in ("encoders", "decoders", "marginals"):
        _check_known(f"sweep.{kind}", sweep[kind], components[kind])
    for names in architectures(config) if sweep["architectures"] else ():
        for kind, name in zip(("encoders", "decoders", "marginals"), names, strict=True):
            _check_known("sweep.architectures", [name], components[kind])
    _check_known("sweep.datasets", sweep["datasets"], config["datasets"])
    for decoder, betas in sweep["betas"].items():
        _check_known("sweep.betas", [decoder], components["decoders"])
        if len({beta_key(beta) for beta in betas}) < len(betas):
            raise ConfigError(
                f"Config key `sweep.betas.{decoder}` holds two β that agree to 12 digits: "
                "remove one."
            )
    for decoder in decoders_of(config):
        if decoder not in sweep["betas"]:
            raise ConfigError(
                f"Config key `sweep.betas.{decoder}` is missing: the sweep runs the decoder "
                f"{decoder!r}, so list its β there."
            )
    for name in sweep["datasets"]:
        _check_dataset(name, config["datasets"][name])
    _check_paths(config, components["decoders"])
    zoom = config["figures"]["zoom_dataset"]
    if zoom is not None:
        _check_known("figures.zoom_dataset", [zoom], sweep["datasets"])


def _check_paths(config: dict[str, Any], decoders: Any) -> None:
    """Check the ends of paths, and that the sweep's β are between them."""
    for decoder, (lowest, highest) in config["path"]["ends"].items():
        _check_known("path.ends", [decoder], decoders)
        if lowest >= highest:
            raise ConfigError(
                f"Config key `path.ends.{decoder}` has to be [lowest, highest], but its lowest β, "
                f"{lowest:g}, is not below its highest, {highest:g}."
            )
    if config["training"]["mode"] != "path":
        return
    for decoder in decoders_of(config):
        if decoder not in config["path"]["ends"]:
            raise ConfigError(
                f"Config key `path.ends.{decoder}` is missing: give the lowest and highest β of "
                f"paths with the decoder {decoder!r}."
            )
        betas = path_betas(config, decoder)
        for beta in config["sweep"]["betas"][decoder]:
            if not betas[0] <= beta <= betas[-1]:
                raise ConfigError(
                    f"Config key `sweep.betas.{decoder}` has β = {beta:g} outside its path, which "
                    f"goes from {betas[0]:g} to {betas[-1]:g}: widen `path.ends.{decoder}`."
                )


def path_betas(config: dict[str, Any], decoder: str) -> list[float]:
    """Return the snapshots' β of a decoder's paths, ascending."""
    lowest, highest = config["path"]["ends"][decoder]
    return snapshot_betas(lowest, highest, config["path"]["snapshots_per_decade"])


def _check_known(key: str, names: list[str], known: Any) -> None:
    for name in names:
        if name not in known:
            raise ConfigError(f"Config key `{key}` names {name!r}; known are: {sorted(known)}.")


def _check_dataset(name: str, definition: dict[str, Any]) -> None:
    key = f"datasets.{name}"
    roles = ROLES[definition["reader"]]
    if set(definition["files"]) != set(roles):
        raise ConfigError(
            f"Config key `{key}.files` has the roles {sorted(definition['files'])}; the reader "
            f"{definition['reader']!r} needs exactly {sorted(roles)}."
        )
    for role, file in definition["files"].items():
        where = f"{key}.files.{role}"
        if "name" not in file and "path" not in file:
            raise ConfigError(
                f"Config key `{where}` needs `name`, a file to fetch, or `path`, a file of your "
                "own."
            )
        if "path" not in file and not ("sha256" in file or "git_blob_sha1" in file):
            raise ConfigError(f"Config key `{where}` fetches a file, so it needs its `sha256`.")
    available = TASKS[definition["reader"]]
    if available is not None:
        _check_known(f"{key}.tasks", definition["tasks"], available)
    elif not definition["tasks"]:
        raise ConfigError(
            f"Config key `{key}.tasks` is empty: name the label columns of your table to probe."
        )
    for name, reader, default in (("scale", "table", None), ("originals", "static_mnist", "as_is")):
        if definition[name] != default and definition["reader"] != reader:
            raise ConfigError(
                f"Config key `{key}.{name}` is for the reader {reader!r} alone: leave it out."
            )
    if definition["reader"] == "static_mnist" and definition["binarize"] != "none":
        raise ConfigError(f"Config key `{key}.binarize` has to be 'none': its images are binary.")
    if definition["reader"] == "omniglot" and definition["binarize"] == "none":
        raise ConfigError(
            f"Config key `{key}.binarize` is 'none', but Omniglot has grey pixels: choose "
            "'bernoulli' or 'threshold'."
        )
    shares = definition["split"]
    if shares["valid"] + shares["test"] >= 1:
        raise ConfigError(f"Config key `{key}.split` leaves no image for training.")
    if definition["entropy_nats"] is not None and not definition["entropy_source"]:
        raise ConfigError(
            f"Config key `{key}.entropy_source` is empty: say where `entropy_nats` comes from."
        )
