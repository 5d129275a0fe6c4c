"""Atomic writes, and one sentence for each error of the file system that a user can fix."""

import errno
import hashlib
import json
import os
import re
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from labelinfo.errors import StorageError

_REMEDIES = {
    errno.ENOSPC: "the disk is full: free some space and run again",
    errno.EDQUOT: "the disk quota is used up: free some space and run again",
    errno.EROFS: "the file system is read-only: choose another results folder",
    errno.EACCES: "permission is denied: make the folder writable",
}
# read errors after which the file may still be intact
_HINDRANCES = {errno.EACCES, errno.EPERM, errno.EIO, errno.ESTALE, errno.ETIMEDOUT}
_HINDRANCES |= {errno.EMFILE, errno.ENFILE, errno.EISDIR, errno.ENOTDIR}


@contextmanager
def atomic_path(target: Path | str) -> Iterator[Path]:
    """Yield a temporary path that becomes ``target`` if the block succeeds.

    The temporary file is in the target's folder, so the rename is atomic: a reader sees the old
    file or the new one, never a part. If the block raises, the temporary file is removed and the
    old target stays. If a process is killed, the next writer of the same target removes its
    temporary file. Raises StorageError if the file system refuses (full, read-only, no permission);
    other exceptions propagate.
    """
    target = Path(target)
    # the machine's name, because machines with different process numbers may share the folder
    host = re.sub("[^A-Za-z0-9-]", "-", socket.gethostname())
    prefix, suffix = f".{target.stem}.{host}.", f".tmp{target.suffix}"
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_orphans(target.parent, prefix, suffix)
        handle, name = tempfile.mkstemp(suffix, f"{prefix}{os.getpid()}.", target.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        # mkstemp makes private files; restore the usual permissions
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(target)
    except Exception as error:
        refused = refusal(target, error)
        if refused is None:
            raise
        raise refused from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _remove_orphans(folder: Path, prefix: str, suffix: str) -> None:
    """Remove temporary files whose process on this machine has ended."""
    for name in os.listdir(folder):  # noqa: PTH208 - a thousand names, most not ours
        if name.startswith(prefix) and name.endswith(suffix):
            process = name[len(prefix) :].partition(".")[0]
            try:
                os.kill(int(process), 0)
            except ProcessLookupError:
                with suppress(OSError):
                    (folder / name).unlink(missing_ok=True)
            except (OSError, OverflowError, ValueError):
                continue  # another user's process, or not a process number


def write_text(target: Path | str, text: str) -> None:
    """Write ``text`` to ``target`` in UTF-8, atomically."""
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextmanager
def reading(source: Path | str) -> Iterator[None]:
    """Turn the errors of a block that reads a file of the workflow into a :class:`StorageError`."""
    try:
        yield
    except FileNotFoundError as error:
        raise StorageError(f"The file {source} is missing: run the workflow again.") from error
    except Exception as error:  # damaged files raise many kinds
        # torch lacks memory with a plain RuntimeError
        if isinstance(error, MemoryError | StorageError) or type(error) is RuntimeError:
            raise
        fault, remedy = "is damaged or not one of ours", "delete it and run the workflow again"
        if (number := _system_error(error)) in _HINDRANCES:
            fault = f"cannot be read ({os.strerror(number).lower()})"
            remedy = "mend that and run again"
        raise StorageError(f"The file {source} {fault}: {remedy}.") from error


def check_digest(source: Path | str, actual: str, stored: str) -> None:
    """Refuse a file whose content has another digest than the stored one."""
    if actual != stored:
        raise StorageError(
            f"The file {source} was changed after it was written, as its content is not that of "
            "its digest: delete it and run the workflow again."
        )


def read_mapping(text: bytes | str) -> dict[str, Any]:
    """Return the mapping in a JSON text; raise ValueError if it is none."""
    content = json.loads(text)
    if not isinstance(content, dict):
        raise ValueError("the text is no mapping")
    return content


def file_sha256(path: Path | str) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refusal(target: Path | str, error: Exception) -> StorageError | None:
    """Return the user's message if ``error`` is the file system's refusal to write, else None."""
    remedy = _REMEDIES.get(_system_error(error))
    return StorageError(f"Cannot write {target}: {remedy}.") if remedy else None


def _system_error(error: Exception) -> int | None:
    if isinstance(error, OSError):
        return error.errno
    # safetensors gives the system's error only in its message
    found = re.search(r"\(os error (\d+)\)", str(error))
    return int(found[1]) if found else None
