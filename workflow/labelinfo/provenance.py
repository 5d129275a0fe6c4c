"""The origin of a result, in a form that fits a file's metadata."""

import itertools
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

_PACKAGES = ("labelinfo", "torch", "zuko", "numpy", "pandas", "pyarrow", "safetensors")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that affect numbers."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def describe(
    stage: str, *, code: str, config: dict[str, Any], data: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the origin of one file, with the versions of the packages.

    ``stage`` is the rule, ``code`` the digest of its code, ``config`` the sections of the
    configuration that it reads, and ``data`` the digests of the data set behind it, if any.
    """
    origin = {"stage": stage, "code": code, "config": config, "data": data or {}}
    return origin | {"versions": versions()}


def collect(origins: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Merge the origins of many files: the distinct origins of each stage, in order of appearance.

    Merged origins are split first.
    """
    merged: dict[str, list[dict[str, Any]]] = {}
    seen: set[str] = set()
    for origin in itertools.chain.from_iterable(map(_split, origins)):
        key = repr(sorted(origin.items(), key=lambda item: item[0]))
        if origin and key not in seen:
            seen.add(key)
            merged.setdefault(origin.get("stage", "unknown"), []).append(origin)
    return merged


def _split(origin: dict[str, Any]) -> list[dict[str, Any]]:
    if "stage" in origin or not all(isinstance(each, list) for each in origin.values()):
        return [origin]
    return [each for stage in origin.values() for each in stage]
