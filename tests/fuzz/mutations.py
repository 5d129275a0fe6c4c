"""Damaged files and hostile values; each must give a result or one clear sentence."""

import signal
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# Seconds of computing that one case may take, and of anything else; the slowest takes a tenth
LIMITS = {signal.ITIMER_PROF: 5.0, signal.ITIMER_REAL: 60.0}
# numbers that sizes and counts overflow at, and codes that formats give a meaning
EDGES = [0, 1, 2, 3, 8, 127, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1]


def cases(number: int) -> settings:
    """Return settings for a number of cases, the same ones in each run."""
    return settings(
        max_examples=number,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


class HangError(BaseException):
    """A case took too long; not an ``Exception``, so no handler mistakes it for an input error."""


@contextmanager
def in_time() -> Iterator[None]:
    """Fail if the block takes longer than :data:`LIMITS`."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise HangError("no answer in time")

    signals = (signal.SIGPROF, signal.SIGALRM)
    before = [signal.signal(number, stop) for number in signals]
    for timer, seconds in LIMITS.items():
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for timer in LIMITS:
            signal.setitimer(timer, 0)
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


def answer(call: Callable[[], Any], fault: type[Exception], named: str) -> Any:
    """Return the result of ``call``, or None if it is refused with a sentence that names the file.

    Any other exception, a second line, or a message that is not for people fails the test.
    """
    with in_time():
        try:
            return call()
        except fault as error:
            assert_sentence(str(error), named)
            return None


def assert_sentence(message: str, named: str) -> None:
    """Check that a message is one printable sentence that names the faulty file or key."""
    assert named in message
    assert message.endswith(".")
    assert message.isprintable()
    assert len(message) < 1000, message


def damaged(content: bytes) -> st.SearchStrategy[bytes]:
    """Draw a mutation of a file: truncated, overwritten, or with inserted numbers or pieces."""
    places = st.integers(0, max(len(content) - 1, 0)) | st.integers(0, min(len(content), 128))
    numbers = st.builds(
        lambda number, form: struct.pack(form, number % 256 ** struct.calcsize(form)),
        st.sampled_from(EDGES),
        st.sampled_from(["B", "<H", ">H", "<I", ">I", "<Q", ">Q"]),
    )
    texts = st.sampled_from([b"__import__('os')", b"\x80\x04cos\nsystem\n", b"\n", b"NaN"])
    pieces = numbers | texts | st.binary(max_size=8)
    # at a place, so many bytes give way to a piece; or the file ends there
    changes = st.tuples(places, st.integers(0, 64) | st.just(len(content)), pieces)
    return st.lists(changes, min_size=1, max_size=4).map(lambda made: _changed(content, made))


def _changed(content: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for at, dropped, piece in changes:
        content = content[:at] + piece + content[at + dropped :]
    return content
