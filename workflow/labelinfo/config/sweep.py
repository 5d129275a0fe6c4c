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


def path_betas(config: dict[str, Any], decoder: str) -> list[float]:
    """Return the snapshots' β of a decoder's paths, ascending."""
    lowest, highest = config["path"]["ends"][decoder]
    return snapshot_betas(lowest, highest, config["path"]["snapshots_per_decade"])


def check_sweep(config: dict[str, Any], components: dict[str, dict[str, Any]]) -> None:
    """Check that the selections of a completed configuration exist and fit together.

    ``components`` are the known components by kind: ``encoders``, ``decoders``, ``marginals``.
    Raises ConfigError; the message names the key and the existing selections.
    """
    sweep, decoders = config["sweep"], components["decoders"]
    kinds = ("encoders", "decoders", "marginals")
    for kind in kinds:
        _check_known(f"sweep.{kind}", sweep[kind], components[kind])
    for names in architectures(config) if sweep["architectures"] else ():
        for kind, name in zip(kinds, names, strict=True):
            _check_known("sweep.architectures", [name], components[kind])
    _check_known("sweep.datasets", sweep["datasets"], config["datasets"])
    _check_known("sweep.betas", sweep["betas"], decoders)
    for decoder, betas in sweep["betas"].items():
        distinct = len({beta_key(beta) for beta in betas}) == len(betas)
        text = "holds two β that agree to 12 digits: remove one"
        _require(distinct, f"sweep.betas.{decoder}", text)
    for decoder in decoders_of(config):
        text = f"is missing: the sweep runs the decoder {decoder!r}, so list its β there"
        _require(decoder in sweep["betas"], f"sweep.betas.{decoder}", text)
    for name in sweep["datasets"]:
        _check_dataset(f"datasets.{name}", config["datasets"][name])
    _check_paths(config, decoders)
    zoom = config["figures"]["zoom_dataset"]
    _check_known("figures.zoom_dataset", [] if zoom is None else [zoom], sweep["datasets"])


def _require(fits: bool, key: str, text: str) -> None:
    if not fits:
        raise ConfigError(f"Config key `{key}` {text}.")


def _check_known(key: str, names: Any, known: Any) -> None:
    for name in names:
        _require(name in known, key, f"names {name!r}; known are: {sorted(known)}")


def _check_paths(config: dict[str, Any], decoders: Any) -> None:
    """Check the ends of paths, and that the sweep's β are between them."""
    ends = config["path"]["ends"]
    _check_known("path.ends", ends, decoders)
    for decoder, (lowest, highest) in ends.items():
        text = f"its lowest β, {lowest:g}, is not below its highest, {highest:g}"
        text = f"has to be [lowest, highest], but {text}"
        _require(lowest < highest, f"path.ends.{decoder}", text)
    for decoder in decoders_of(config) if config["training"]["mode"] == "path" else ():
        text = f"is missing: give the lowest and highest β of paths with the decoder {decoder!r}"
        _require(decoder in ends, f"path.ends.{decoder}", text)
        low, *_, high = path_betas(config, decoder)
        for beta in config["sweep"]["betas"][decoder]:
            _require(
                low <= beta <= high,
                f"sweep.betas.{decoder}",
                f"has β = {beta:g} outside its path, which goes from {low:g} to {high:g}: widen "
                f"`path.ends.{decoder}`",
            )


def _check_dataset(key: str, definition: dict[str, Any]) -> None:
    reader, files, roles = definition["reader"], definition["files"], ROLES[definition["reader"]]
    text = f"has the roles {sorted(files)}; the reader {reader!r} needs exactly {sorted(roles)}"
    _require(set(files) == set(roles), f"{key}.files", text)
    for role, file in files.items():
        where = f"{key}.files.{role}"
        text = "needs `name`, a file to fetch, or `path`, a file of your own"
        _require("name" in file or "path" in file, where, text)
        verified = "path" in file or "sha256" in file or "git_blob_sha1" in file
        _require(verified, where, "fetches a file, so it needs its `sha256`")
    tasks, available = definition["tasks"], TASKS[reader]
    if available is not None:
        _check_known(f"{key}.tasks", tasks, available)
    text = "is empty: name the label columns of your table to probe"
    _require(bool(tasks or available), f"{key}.tasks", text)
    for name, owner, default in (("scale", "table", None), ("originals", "static_mnist", "as_is")):
        fits = definition[name] == default or reader == owner
        _require(fits, f"{key}.{name}", f"is for the reader {owner!r} alone: leave it out")
    grey = definition["binarize"] != "none"
    text = "has to be 'none': its images are binary"
    _require(not (reader == "static_mnist" and grey), f"{key}.binarize", text)
    text = "is 'none', but Omniglot has grey pixels: choose 'bernoulli' or 'threshold'"
    _require(reader != "omniglot" or grey, f"{key}.binarize", text)
    share = definition["split"]["valid"] + definition["split"]["test"]
    _require(share < 1, f"{key}.split", "leaves no image for training")
    stated = definition["entropy_nats"] is None or bool(definition["entropy_source"])
    _require(stated, f"{key}.entropy_source", "is empty: say where `entropy_nats` comes from")
