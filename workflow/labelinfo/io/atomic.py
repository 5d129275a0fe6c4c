"""Atomic writes: write next to the target, then rename."""

import os
import re
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from labelinfo.io.refusals import refusal


@contextmanager
def atomic_path(target: Path | str) -> Iterator[Path]:
    """Yield a temporary path that becomes ``target`` if the block succeeds.

    The temporary file is in the target's folder, so the rename is atomic: a reader sees the old
    file or the new one, never a part. If the block raises, the temporary file is removed and the
    old target stays. If a process is killed, the next writer of the same target removes its
    temporary file.

    Raises
    ------
    StorageError
        If the file system refuses (full, read-only, no permission); other exceptions propagate.
    """
    target = Path(target)
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_orphans(target)
        handle, name = tempfile.mkstemp(
            prefix=f"{_prefix(target)}{os.getpid()}.",
            suffix=f".tmp{target.suffix}",
            dir=target.parent,
        )
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


def _prefix(target: Path) -> str:
    # the machine's name, because machines with different process numbers may share the folder
    return f".{target.stem}.{re.sub('[^A-Za-z0-9-]', '-', socket.gethostname())}."


def _remove_orphans(target: Path) -> None:
    """Remove temporary files of ``target`` whose process on this machine has ended."""
    prefix, suffix = _prefix(target), f".tmp{target.suffix}"
    for name in os.listdir(target.parent):  # noqa: PTH208 - a thousand names, most not ours
        if name.startswith(prefix) and name.endswith(suffix):
            process = name[len(prefix) :].partition(".")[0]
            if process.isdecimal() and not _is_alive(int(process)):
                with suppress(OSError):
                    (target.parent / name).unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's process, or not a process number
        return True
    return True


def write_text(target: Path | str, text: str) -> None:
    """Write ``text`` to ``target`` in UTF-8, atomically."""
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8")
