"""Whole files or none: write next to the target, then rename."""

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

    The temporary file lies in the target's folder, so the rename is atomic; a reader sees the old
    file or the new one, never a part. If the block raises, the temporary file is removed and the
    old target stays. The next process that writes the same target removes the temporary files of
    killed ones.

    Raises
    ------
    StorageError
        If the file system refuses (full, read-only, no permission); everything else passes.
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
        # mkstemp makes private files; give this one the usual permissions instead
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
    # the machine's name, since the folder may be shared by several whose processes have own numbers
    return f".{target.stem}.{re.sub('[^A-Za-z0-9-]', '-', socket.gethostname())}."


def _remove_orphans(target: Path) -> None:
    """Remove temporary files of ``target`` whose process, on this machine, is no more."""
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
    except (OSError, OverflowError):  # another user's, or no number that a process can have
        return True
    return True


def write_text(target: Path | str, text: str) -> None:
    """Write ``text`` to ``target`` in UTF-8, atomically."""
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8")
