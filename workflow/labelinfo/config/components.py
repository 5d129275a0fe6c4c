"""The components that a configuration can name: the package's and the user's own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelinfo.code_digest import defined_names, find_module
from labelinfo.errors import ConfigError
from labelinfo.models.registry import COMPONENTS


@dataclass(frozen=True)
class Component:
    """The import path ``module:Class`` of a component, and its options."""

    path: str
    options: dict[str, Any]


def known_components(
    config: dict[str, Any], roots: tuple[Path, ...]
) -> dict[str, dict[str, Component]]:
    """Return every component of a completed configuration by kind and name.

    The options of a built-in component are under its name in ``model``; the options of a user's
    component are next to its class in ``components``. Modules are searched for in the folders
    ``roots``; they are read, not run.

    Raises ConfigError if a user's component has the name of a built-in one, or its class does not
    exist.
    """
    known = {
        kind: {name: Component(path, config["model"].get(name, {})) for name, path in own.items()}
        for kind, own in COMPONENTS.items()
    }
    for kind, own in config["components"].items():
        for name, definition in own.items():
            key = f"components.{kind}.{name}"
            if name in COMPONENTS[kind]:
                raise ConfigError(
                    f"Config key `{key}` has the name of a built-in one: give it another."
                )
            _check_exists(key, definition["class"], roots)
            known[kind][name] = Component(definition["class"], definition["options"])
    return known


def vae_spec(
    config: dict[str, Any], components: dict[str, dict[str, Component]], **names: str
) -> dict[str, Any]:
    """Return the fields of ``VaeSpec`` for the named ``encoder``, ``decoder`` and ``marginal``."""
    chosen = {kind: components[f"{kind}s"][name] for kind, name in names.items()}
    return {
        **{kind: component.path for kind, component in chosen.items()},
        "latent_dim": config["model"]["latent_dim"],
        "width": config["model"]["width"],
        "options": {kind: component.options for kind, component in chosen.items()},
    }


def _check_exists(key: str, path: str, roots: tuple[Path, ...]) -> None:
    module, _, name = path.partition(":")
    file = find_module(module, roots)
    if file is None:
        raise ConfigError(
            f"Config key `{key}.class` names the module {module!r}, but there is no such Python "
            f"file below {' or '.join(map(str, roots))}."
        )
    names = defined_names(file)
    if name not in names and "*" not in names:
        classes = ", ".join(sorted(names)) or "nothing"
        raise ConfigError(
            f"Config key `{key}.class` names {name!r}, which {file} does not define; it defines: "
            f"{classes}."
        )
