"""Catalogue files from a mirror folder or from the network, verified before they are put down."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from tqdm import tqdm
from urllib3.util import Retry

from labelinfo.data.files import read_verified
from labelinfo.errors import DataError, StorageError
from labelinfo.io.atomic import atomic_path
from labelinfo.io.locks import alone

# Seconds for the connection and for each silence within the body
_TIMEOUTS = (10.0, 60.0)
# Seconds before the second attempt; doubled before each further one
_BACKOFF = 1.0
# Requests an address gets for one answer, and answers it gets for one whole body
_RETRIES = 4
_ATTEMPTS = 6
_CHUNK = 1 << 18
# Most bytes to download for a file of unknown size
_MAX_SIZE = 2**31

_REMEDY = (
    "check the network, or name a mirror folder by the config key machine.mirror or the "
    "environment variable LABELINFO_MIRROR"
)


class _Failed(Exception):  # noqa: N818 - never leaves this module
    """One address gave no file; the message says why in a few words."""


def addresses_of(name: str, datasets: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return where the catalogue file ``name`` can be downloaded, in the order to try.

    Parameters
    ----------
    name
        Path inside the catalogue.
    datasets
        The configuration's section of that name.
    """
    files = (file for dataset in datasets.values() for file in dataset["files"].values())
    urls = (file.get("urls", ()) for file in files if file.get("name") == name)
    return list(dict.fromkeys(chain.from_iterable(urls)))


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
    """Put the verified, decompressed content of the catalogue file ``name`` at ``target``.

    With a mirror, the file is read from there and the network is not touched. Otherwise the
    addresses are tried in turn. A broken download goes on where it stopped, in a later run too,
    from a ``.part`` file beside the target; what fails verification is thrown away, for a server
    may answer with a page of its own.

    Parameters
    ----------
    name
        Path inside the catalogue and the mirror, such as ``mnist/train-images-idx3-ubyte``.
    target
        Where the content goes, atomically.
    sha256, git_blob_sha1, size
        Digests and number of bytes of the decompressed content; at least one digest is needed.
    urls
        Addresses of the file, plain or gzipped.
    mirror
        Folder that holds ``name`` or ``name.gz``.

    Raises
    ------
    DataError
        If the name leaves the mirror or no source has the expected content.
    StorageError
        If the content cannot be written.
    ValueError
        If no digest is given.
    """
    if sha256 is None and git_blob_sha1 is None:
        raise ValueError(f"fetching {name} needs sha256 or git_blob_sha1 to verify it")
    _check_name(name)
    target = Path(target)
    checks = {"sha256": sha256, "git_blob_sha1": git_blob_sha1, "size": size}
    # two workflows of one checkout share their downloads
    with alone(target.with_name(f".{target.name}.lock")):
        if mirror is not None:
            content = _read_mirror(name, Path(mirror), checks)
        else:
            content = _download_any(name, target, urls, checks)
        with atomic_path(target) as temporary:
            temporary.write_bytes(content)
        if mirror is None:
            for url in urls:
                _remove(_part_path(target, url))


def _check_name(name: str) -> None:
    # Both flavours, so that a catalogue that is safe on one system is safe on all
    escapes = any(
        path.is_absolute() or path.drive or path.root or ".." in path.parts or not path.parts
        for path in (PurePosixPath(name), PureWindowsPath(name))
    )
    if escapes or "\0" in name:
        raise DataError(
            f"The file name {name!r} leads out of the data folder: use a relative path without "
            "'..'."
        )


def _read_mirror(name: str, mirror: Path, checks: dict) -> bytes:
    candidates = (mirror / name, mirror / f"{name}.gz")
    for path in candidates:
        if path.exists():
            return read_verified(path, **checks)
    raise DataError(
        f"The mirror folder {mirror} lacks the file {name} (neither {candidates[0]} nor "
        f"{candidates[1]} exists): put it there, or correct the config key machine.mirror or the "
        "environment variable LABELINFO_MIRROR."
    )


def _download_any(name: str, target: Path, urls: Sequence[str], checks: dict) -> bytes:
    faults = []
    with _session() as session:
        for url in urls:
            try:
                return _download(session, url, _part_path(target, url), checks)
            except _Failed as failure:
                faults.append(f"{url} ({failure})")
    tried = ", ".join(faults) or "anywhere, for it has no address"
    raise DataError(f"The file {name} could not be fetched from {tried}: {_REMEDY}.")


def _part_path(target: Path, url: str) -> Path:
    # One for each address: two servers may pack the same content into different bytes
    return target.with_name(f"{target.name}.{hashlib.sha256(url.encode()).hexdigest()[:8]}.part")


def _session() -> requests.Session:
    retry = Retry(
        total=_RETRIES,
        backoff_factor=_BACKOFF,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=("GET",),
        raise_on_status=False,
        # A server may name hours
        respect_retry_after_header=False,
    )
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    # Packed in transit, the bytes could not be resumed by offset
    session.headers["Accept-Encoding"] = "identity"
    return session


def _download(session: requests.Session, url: str, part: Path, checks: dict) -> bytes:
    """Return the verified content of ``url``, downloading to ``part`` what it lacks."""
    stale = _length(part) > 0
    while True:
        _complete(session, url, part, checks["size"])
        try:
            # By content, not by name: servers unpack and pack .gz files as they please
            return read_verified(part, gzipped=True, max_size=_MAX_SIZE, **checks)
        except DataError as error:
            _remove(part)
            if not stale:
                raise _Failed("it serves another content than expected") from error
            # The beginning came from an earlier run, perhaps of another version of the file
            stale = False


def _complete(session: requests.Session, url: str, part: Path, size: int | None) -> None:
    """Append to ``part`` until the server has sent the whole."""
    # Packing adds a little to content that does not pack
    limit = _MAX_SIZE if size is None else size + size // 100 + 4096
    fault = "it cannot resume"
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_BACKOFF * 2 ** (attempt - 1))
        start = _length(part)
        headers = {"Range": f"bytes={start}-"} if start else {}
        try:
            response = session.get(url, headers=headers, stream=True, timeout=_TIMEOUTS)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            # The adapter has tried again already
            raise _Failed(_reason(error)) from error
        with response:
            sent = response.headers.get("Content-Range", "")
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                if sent == f"bytes */{start}":
                    return
                _remove(part)
                continue
            if response.status_code == requests.codes.partial_content:
                if not start or not sent.startswith(f"bytes {start}-"):
                    _remove(part)
                    continue
            elif response.status_code == requests.codes.ok:
                start = 0
            else:
                raise _Failed(f"HTTP status {response.status_code}")
            try:
                _save_body(response, part, start, limit)
            except urllib3.exceptions.HTTPError as error:
                fault = _reason(error)
            else:
                return
    raise _Failed(fault)


def _save_body(response: requests.Response, part: Path, start: int, limit: int) -> None:
    """Write the body into ``part`` from the offset ``start`` on."""
    announced = response.headers.get("Content-Length", "")
    total = start + int(announced) if announced.isdecimal() else None
    length = start
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        with (
            part.open("r+b" if start else "wb") as file,
            tqdm(
                desc=part.name.rsplit(".", 2)[0],
                total=total,
                initial=start,
                unit="B",
                unit_scale=True,
                leave=False,
                disable=None,  # unless standard error is a terminal
            ) as bar,
        ):
            file.seek(start)
            for piece in response.raw.stream(_CHUNK, decode_content=False):
                length += len(piece)
                if length > limit:
                    break
                file.write(piece)
                bar.update(len(piece))
    except OSError as error:  # the network's own are urllib3.exceptions.HTTPError
        raise StorageError(
            f"Cannot write {part} ({error.strerror}): free some space or choose another folder."
        ) from error
    if length > limit:
        _remove(part)
        raise _Failed(f"it serves more than {limit} bytes")


def _reason(error: Exception) -> str:
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return "the connection broke off"
    return f"{type(error).__name__}: {error}"


def _length(part: Path) -> int:
    try:
        return part.stat().st_size
    except OSError:
        return 0


def _remove(part: Path) -> None:
    with suppress(OSError):
        part.unlink(missing_ok=True)
