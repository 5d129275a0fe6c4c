"""Whole files or none: write beside the target, then rename."""

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from labelinfo.errors import StorageError

_REMEDIES = {
    errno.ENOSPC: "the disk is full: free some space and run again",
    errno.EDQUOT: "the disk quota is used up: free some space and run again",
    errno.EROFS: "the file system is read-only: choose another results folder",
    errno.EACCES: "permission is denied: make the folder writable",
}


@contextmanager
def atomic_path(target: Path | str) -> Iterator[Path]:
    """Yield a temporary path that becomes ``target`` if the block succeeds.

    The temporary file lies in the target's folder, so the rename is atomic; a reader sees the old
    file or the new one, never a part. If the block raises, the temporary file is removed and the
    old target stays.

    Raises
    ------
    StorageError
        If the file system refuses (full, read-only, no permission); everything else passes.
    """
    target = Path(target)
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{target.stem}.", suffix=f".tmp{target.suffix}", dir=target.parent
        )
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        # mkstemp makes private files; give this one the usual permissions instead
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(target)
    except Exception as error:
        remedy = _REMEDIES.get(_system_error(error))
        if remedy is None:
            raise
        raise StorageError(f"Cannot write {target}: {remedy}.") from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _system_error(error: Exception) -> int | None:
    if isinstance(error, OSError):
        return error.errno
    # safetensors hands the system's error on as a part of its message
    found = re.search(r"\(os error (\d+)\)", str(error))
    return int(found[1]) if found else None


def write_text(target: Path | str, text: str) -> None:
    """Write ``text`` to ``target`` in UTF-8, atomically."""
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8")
