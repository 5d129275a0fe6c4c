"""Messages for errors of the file system that a user can fix."""

import errno
import os
import re
from pathlib import Path

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


def refusal(target: Path | str, error: Exception) -> StorageError | None:
    """Return the user's message if ``error`` is the file system's refusal to write, else None."""
    remedy = _REMEDIES.get(_system_error(error))
    return StorageError(f"Cannot write {target}: {remedy}.") if remedy else None


def unreadable(source: Path | str, error: Exception) -> StorageError | None:
    """Return the user's message if the system, not the content, prevents reading, else None."""
    number = _system_error(error)
    if number not in _HINDRANCES:
        return None
    reason = os.strerror(number).lower()
    return StorageError(f"The file {source} cannot be read ({reason}): mend that and run again.")


def _system_error(error: Exception) -> int | None:
    if isinstance(error, OSError):
        return error.errno
    # safetensors gives the system's error only in its message
    found = re.search(r"\(os error (\d+)\)", str(error))
    return int(found[1]) if found else None
