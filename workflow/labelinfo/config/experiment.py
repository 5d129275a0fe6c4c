"""Read, check and complete the configuration of an experiment."""

from collections.abc import Iterable
from pathlib import Path

import yaml

from labelinfo.config.completion import MOST_VALUES, Config, check_values, complete
from labelinfo.config.components import Component, known_components
from labelinfo.config.field_types import merge
from labelinfo.config.sweep import check_sweep
from labelinfo.errors import ConfigError

# the folder of the Snakefile
BASE = Path(__file__).parents[3]


def check_config(
    config: Config, roots: tuple[Path, ...]
) -> tuple[Config, dict[str, dict[str, Component]]]:
    """Return a configuration with its defaults, and the components that it may name.

    Modules are searched for in the folders ``roots``. Raises ConfigError at the first fault.
    """
    completed = complete(config)
    components = known_components(completed, roots)
    check_sweep(completed, components)
    return completed, components


def read_config(overlays: Iterable[Path | str]) -> Config:
    """Return the completed configuration of ``config.yaml`` and overlays, as Snakemake merges them.

    Overlays replace lists and are merged into maps. Raises ConfigError if a file cannot be read, or
    at the first fault in the configuration.
    """
    config: Config = {}
    for file in (BASE / "config.yaml", *overlays):
        config = merge(config, read_map(file))
    return check_config(config, (BASE / "workflow", BASE))[0]


class _Loader(yaml.SafeLoader):
    """A loader of plain values: no repeated key, no merges (``<<``) of unlimited size."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        # maps already checked for repeated keys, which merging would then repeat
        self._seen: set[int] = set()

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        # PyYAML would silently keep the last value of a repeated key
        known = set()
        for key, _ in () if id(node) in self._seen else node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in known:
                    line = key.start_mark.line + 1
                    raise yaml.YAMLError(
                        f"it has the key `{key.value}` twice, again in line {line}"
                    )
                known.add(key.value)
        self._seen.add(id(node))
        super().flatten_mapping(node)
        if len(node.value) > MOST_VALUES:
            raise yaml.YAMLError(f"it merges more than {MOST_VALUES} keys into one map")


def read_map(file: Path | str) -> Config:
    """Return the content of a configuration file: plain values, of limited number.

    Raises ConfigError if the file cannot be read, is not a map, repeats a key, is a template, or
    has too many or invalid values.
    """
    try:
        text = Path(file).read_text(encoding="utf-8")
        loader = _Loader(text)
        # the name in PyYAML's messages
        loader.name = str(file)
        content = loader.get_single_data()
    except RecursionError as error:
        raise ConfigError(f"The configuration {file} is nested too deeply to be read.") from error
    # PyYAML raises AttributeError on some tags with odd values
    except (OSError, ValueError, AttributeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"The configuration {file} cannot be read: {reason}.") from error
    if not isinstance(content, dict | None):
        raise ConfigError(f"The configuration {file} is no map of keys.")
    if "__use_yte__" in (content or {}):
        raise ConfigError(
            f"The configuration {file} is a template (`__use_yte__`), of which Snakemake would run "
            "the Python in it: write its values out."
        )
    check_values(content)
    return content or {}
