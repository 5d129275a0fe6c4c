"""Fetch and verify files of the catalogue, from a mirror folder or the network."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests
from tqdm import tqdm

from labelinfo.data.files import MAX_SIZE, read_verified
from labelinfo.errors import DataError
from labelinfo.io.atomic import atomic_path

# Seconds to wait for the connection and for each piece of the body
_TIMEOUTS = (10.0, 60.0)
# Seconds before each further attempt at an address
_PAUSES = (1.0, 2.0, 4.0)
_CHUNK = 1 << 18


class _Failed(Exception):  # noqa: N818 - never leaves this module
    """One address gave no file; the message gives the reason in a few words."""


def addresses_of(name: str, datasets: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the addresses of the catalogue file ``name`` in a configuration's ``datasets``."""
    files = (file for dataset in datasets.values() for file in dataset["files"].values())
    named = (file for file in files if file.get("name") == name)
    return list(dict.fromkeys(url for file in named for url in file.get("urls", ())))


def fetch_file(
    name: str,
    target: Path | str,
    *,
    sha256: str | None = None,
    git_blob_sha1: str | None = None,
    size: int | None = None,
    urls: Sequence[str] = (),
    mirror: Path | str | None = None,
) -> None:
    """Write the verified, decompressed content of the catalogue file ``name`` to ``target``.

    With a ``mirror``, a folder that holds ``name`` or ``name.gz``, the network is not used.
    Otherwise ``urls``, of the file or its gzipped form, are tried in turn, each several times.
    Digests and ``size`` in bytes are of the decompressed content. The write is atomic. Raises
    DataError if no source has the expected content, StorageError if it cannot be written, and
    ValueError if no digest is given.
    """
    if sha256 is None and git_blob_sha1 is None:
        raise ValueError(f"fetching {name} needs sha256 or git_blob_sha1 to verify it")
    checks = {"sha256": sha256, "git_blob_sha1": git_blob_sha1, "size": size}
    with atomic_path(target) as temporary:
        if mirror is None:
            content = _download_any(name, temporary, urls, checks)
        else:
            content = _read_mirror(name, Path(mirror), checks)
        temporary.write_bytes(content)


def _read_mirror(name: str, mirror: Path, checks: Mapping[str, Any]) -> bytes:
    candidates = (mirror / name, mirror / f"{name}.gz")
    for path in candidates:
        if path.exists():
            return read_verified(path, **checks)
    raise DataError(
        f"The mirror folder {mirror} lacks the file {name} (neither {candidates[0]} nor "
        f"{candidates[1]} exists): put it there, or correct the config key machine.mirror or the "
        "environment variable LABELINFO_MIRROR."
    )


def _download_any(name: str, part: Path, urls: Sequence[str], checks: Mapping[str, Any]) -> bytes:
    """Return the content from the first address that has it; ``part`` holds the download."""
    faults = []
    for url in urls:
        try:
            _download(url, part, name, checks["size"])
            # Recognise gzip by content, not by name: servers pack and unpack .gz files themselves.
            return read_verified(part, gzipped=True, **checks)
        except _Failed as failure:
            faults.append(f"{url} ({failure})")
        except DataError:
            faults.append(f"{url} (it serves another content than expected)")
    tried = ", ".join(faults) or "anywhere, for it has no address"
    raise DataError(
        f"The file {name} could not be fetched from {tried}: check the network, or name a mirror "
        "folder by the config key machine.mirror or the environment variable LABELINFO_MIRROR."
    )


def _download(url: str, part: Path, name: str, size: int | None) -> None:
    """Save the body of ``url``; try again after temporary faults."""
    for pause in (*_PAUSES, None):
        try:
            _save(url, part, name, size)
            return
        except (requests.RequestException, ValueError) as error:  # ValueError: malformed address
            fault, passing = _fault(error)
            if not passing or pause is None:
                raise _Failed(fault) from error
            time.sleep(pause)


def _save(url: str, part: Path, name: str, size: int | None) -> None:
    # gzip makes incompressible content a little larger.
    limit = MAX_SIZE if size is None else size + size // 100 + 4096
    headers = {"Accept-Encoding": "identity"}
    with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUTS) as response:
        response.raise_for_status()
        total = int(response.headers.get("Content-Length", 0)) or None
        # disable=None: no bar unless standard error is a terminal
        bar = tqdm(desc=name, total=total, unit="B", unit_scale=True, leave=False, disable=None)
        with bar, part.open("wb") as file:
            for piece in response.iter_content(_CHUNK):
                bar.update(file.write(piece))
                if file.tell() > limit:
                    raise _Failed(f"it serves more than {limit} bytes")


def _fault(error: Exception) -> tuple[str, bool]:
    """Return the fault in a few words, and whether it may be temporary."""
    if isinstance(error, requests.HTTPError):
        status = error.response.status_code
        return f"HTTP status {status}", status == 429 or status >= 500
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return "no answer in time", True
    if isinstance(error, requests.ConnectionError):
        return "no connection", True
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off", True
    return f"{type(error).__name__}: {error}", False
