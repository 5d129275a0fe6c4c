"""Read input files whole and check them against their known size and digests."""

import gzip
import hashlib
import io
import stat
import zlib
from pathlib import Path
from typing import BinaryIO

from labelinfo.errors import DataError
from labelinfo.io.atomic import file_sha256

_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK = 1 << 20
# Default maximum number of bytes of decompressed content
MAX_SIZE = 2**31


def content_digest(content: bytes) -> str:
    """Return the SHA-256 of ``content`` in lower-case hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def unpacked_digest(path: Path) -> str:
    """Return the SHA-256 of the content that :func:`read_verified` returns.

    For a gzip file that is damaged or too large it is the digest of the packed content. Raises
    OSError if the file cannot be read.
    """
    if path.suffix == ".gz":
        try:
            return content_digest(read_verified(path))
        except DataError:
            pass
    return file_sha256(path)


def read_verified(
    path: Path | str,
    *,
    sha256: str | None = None,
    git_blob_sha1: str | None = None,
    size: int | None = None,
    max_size: int = MAX_SIZE,
    gzipped: bool | None = None,
) -> bytes:
    """Read the regular file ``path``; check and return its decompressed content.

    A file that may be ``gzipped``, by default one whose name ends in ``.gz``, is unpacked if it
    begins with the gzip magic number. Digests and ``size`` in bytes are of the decompressed
    content; ``git_blob_sha1`` is git's blob id, the SHA-1 of "blob", the size, a zero byte and the
    content. Content of unknown size has at most ``max_size`` bytes, and takes no more memory.
    Raises DataError if the file is missing, unreadable, not a regular file, damaged, too large, or
    not the expected one.
    """
    path = Path(path)
    limit = max_size if size is None else size
    if gzipped is None:
        gzipped = path.suffix == ".gz"
    try:
        # before opening: opening a named pipe would block for ever
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise DataError(f"{path} is a folder where a file is expected: name the file in it.")
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{path} is no regular file: name an ordinary file instead.")
        with path.open("rb") as file:
            packed = gzipped and file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
            file.seek(0)
            if not packed and status.st_size > limit:
                raise DataError(
                    f"The file {path} is too large: it has {status.st_size} bytes where at most "
                    f"{limit} are expected; fetch it again."
                )
            # reading a known number of bytes allocates memory once
            content = _gunzip(file, limit, path) if packed else file.read(status.st_size)
    except FileNotFoundError as error:
        raise DataError(f"The file {path} is missing: fetch it, or correct its name.") from error
    except PermissionError as error:
        raise DataError(f"The file {path} may not be read: give yourself permission.") from error
    except (OSError, ValueError) as error:
        raise DataError(f"The file {path} cannot be read ({error}): check its name.") from error
    if size is not None and len(content) != size:
        raise DataError(
            f"The file {path} is truncated: its content has {len(content)} bytes where {size} are "
            "expected; fetch it again."
        )
    _verify(content, path, sha256, git_blob_sha1)
    return content


def _verify(content: bytes, path: Path, sha256: str | None, git_blob_sha1: str | None) -> None:
    # git's id of the file; SHA-1 does not protect against forgery
    blob = hashlib.sha1(b"blob %d\0" % len(content), usedforsecurity=False)
    checks = (("SHA-256", hashlib.sha256(), sha256), ("git blob id", blob, git_blob_sha1))
    for kind, digest, expected in checks:
        if expected is None:
            continue
        digest.update(content)
        if digest.hexdigest() != expected.lower():
            raise DataError(
                f"The file {path} is not the one expected: the {kind} of its content begins with "
                f"{digest.hexdigest()[:12]} where {expected[:12]} is expected; fetch it again."
            )


def _gunzip(file: BinaryIO, limit: int, path: Path) -> bytes:
    unpacked = io.BytesIO()
    try:
        with gzip.GzipFile(fileobj=file) as stream:
            while piece := stream.read(_CHUNK):
                unpacked.write(piece)
                if unpacked.tell() > limit:
                    raise DataError(
                        f"The file {path} unpacks to more than the {limit} bytes expected: fetch "
                        "it again."
                    )
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"The gzip file {path} is truncated or damaged ({error}): fetch it again."
        ) from error
    return unpacked.getvalue()
