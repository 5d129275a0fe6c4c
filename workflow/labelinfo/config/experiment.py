"""An experiment as it is configured: files read, checked, and completed."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from labelinfo.config.components import Component, known_components
from labelinfo.config.schema import Config, complete, load_schema
from labelinfo.config.sweep import check_sweep
from labelinfo.errors import ConfigError

# the folder of the Snakefile
BASE = Path(__file__).parents[3]


def check_config(
    config: Config, schema: Config, roots: tuple[Path, ...]
) -> tuple[Config, dict[str, dict[str, Component]]]:
    """Return a configuration with its defaults, and the components that it may name.

    Parameters
    ----------
    config
        What the user wrote, overlays merged.
    schema
        The JSON schema.
    roots
        Folders in which modules are looked for.

    Raises
    ------
    ConfigError
        At the first thing wrong.
    """
    completed = complete(config, schema)
    components = known_components(completed, roots)
    check_sweep(completed, components)
    return completed, components


def read_config(overlays: Iterable[Path | str], base: Path = BASE) -> Config:
    """Return the completed configuration of ``config.yaml`` and overlays, as Snakemake merges them.

    Parameters
    ----------
    overlays
        Files as for Snakemake's ``--configfile``; lists are replaced, maps merged.
    base
        The folder of the Snakefile.

    Raises
    ------
    ConfigError
        If a file cannot be read, or at the first thing wrong in them.
    """
    config: Config = {}
    for file in (base / "config.yaml", *overlays):
        _update(config, _read_map(file))
    schema = load_schema(base / "workflow" / "schemas" / "config.schema.yaml")
    return check_config(config, schema, (base / "workflow", base))[0]


def _read_map(file: Path | str) -> Config:
    try:
        content = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"The configuration {file} cannot be read: {reason}.") from error
    if not isinstance(content, dict | None):
        raise ConfigError(f"The configuration {file} is no map of keys.")
    return content or {}


def _update(config: Config, over: dict[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, dict):
            below = config.get(key)
            config[key] = below if isinstance(below, dict) else {}
            _update(config[key], value)
        else:
            config[key] = value
