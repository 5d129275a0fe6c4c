"""Fetching: what is put down is verified, wherever it came from and however often it broke off."""

import gzip
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from labelinfo.data import fetch
from labelinfo.data.fetch import fetch_file
from labelinfo.errors import DataError, StorageError

NAME = "mnist/digits"
CONTENT = np.random.default_rng(3).bytes(200_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
BLOB_SHA1 = hashlib.sha1(b"blob %d\0" % len(CONTENT) + CONTENT).hexdigest()  # noqa: S324
PAGE = b"<html>Sorry, please log in</html>"
STEP = 10_000


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(fetch, "_BACKOFF", 0.001)
    monkeypatch.setattr(fetch, "_TIMEOUTS", (0.5, 0.15))
    monkeypatch.setattr(fetch, "_CHUNK", STEP)


class Server:
    """A local server that plays a list of answers, the last of them for ever, and keeps a log."""

    def __init__(self):
        self.body = CONTENT
        self.answers = ["full"]
        self.ranges = []
        self.sent = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
                server.ranges.append(self.headers.get("Range"))
                server.answer(self, answer)

            def log_message(self, *args):
                pass

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.release = threading.Event()
        self.thread = threading.Thread(target=self.httpd.serve_forever, args=(0.01,))
        self.thread.start()

    def url(self, path="digits"):
        """Return the address of the body under ``path``."""
        return f"http://127.0.0.1:{self.httpd.server_address[1]}/{path}"

    def answer(self, handler, answer):
        """Play one answer."""
        kind, _, number = answer.partition(" ")
        if kind == "status":
            self.send(handler, int(number), PAGE)
            return
        if kind == "page":
            self.send(handler, 200, PAGE)
            return
        if kind == "encoded":
            packed = gzip.compress(self.body)
            self.send(handler, 200, packed, {"Content-Encoding": "gzip"})
            return
        start = 0
        wanted = handler.headers.get("Range")
        if wanted and kind != "ignore":
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        length = len(self.body)
        if kind == "shifted":
            start = max(0, start - 1)
        if start >= length:
            self.send(handler, 416, b"", {"Content-Range": f"bytes */{length}"})
            return
        body = self.body[start:]
        headers = {"Content-Range": f"bytes {start}-{length - 1}/{length}"} if start else {}
        # "drop N" and "hang N" send N bytes of what they announce
        self.send(handler, 206 if start else 200, body, headers, int(number or len(body)))
        if kind == "hang":
            self.release.wait(5)

    def send(self, handler, status, body, headers=None, sent=None):
        """Announce ``body`` and send its first ``sent`` bytes."""
        handler.send_response(status)
        for key, value in (headers or {}).items():
            handler.send_header(key, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        part = body[:sent]
        self.sent += len(part)
        try:
            handler.wfile.write(part)
            handler.wfile.flush()
        except OSError:
            pass  # the client has seen enough

    def close(self):
        """Stop, and let no answer hang."""
        self.release.set()
        self.httpd.shutdown()
        self.httpd.server_close()
        self.thread.join()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "data" / "mnist" / "digits"


def get(server, target, *paths, **options):
    options = {"sha256": SHA256, "size": len(CONTENT)} | options
    fetch_file(NAME, target, urls=[server.url(path) for path in paths or ("digits",)], **options)


def parts(target):
    return sorted(target.parent.glob("*.part")) if target.parent.exists() else []


def assert_fetched(target):
    assert target.read_bytes() == CONTENT
    left = {path.name for path in target.parent.iterdir()} - {".digits.lock"}
    assert left == {"digits"}


# From the network


@pytest.mark.parametrize(
    "checks", [{}, {"sha256": None, "git_blob_sha1": BLOB_SHA1}, {"size": None}]
)
def test_whole_file(server, target, checks):
    get(server, target, **checks)
    assert_fetched(target)
    assert server.ranges == [None]


def test_gzipped_file(server, target):
    server.body = gzip.compress(CONTENT)
    get(server, target, "digits.gz")
    assert_fetched(target)


@pytest.mark.parametrize("path", ["digits", "digits.gz"])
def test_content_packed_or_unpacked_in_transit(server, target, path):
    if path == "digits":
        server.answers = ["encoded"]
    get(server, target, path)
    assert_fetched(target)


@pytest.mark.parametrize("fault", ["drop", "hang"])
@pytest.mark.parametrize("packed", [False, True])
def test_broken_body_is_resumed_where_it_stopped(server, target, fault, packed):
    if packed:
        server.body = gzip.compress(CONTENT)
    server.answers = [f"{fault} {5 * STEP}", f"{fault} {7 * STEP}", "full"]
    get(server, target)
    assert_fetched(target)
    assert server.ranges == [None, f"bytes={5 * STEP}-", f"bytes={12 * STEP}-"]
    assert server.sent == len(server.body)  # not a byte twice


def test_resumed_in_a_later_run(server, target):
    server.answers = [f"drop {2 * STEP}"]
    with pytest.raises(DataError, match=r"digits .*the connection broke off.*LABELINFO_MIRROR"):
        get(server, target)
    assert not target.exists()
    assert len(server.ranges) == fetch._ATTEMPTS
    (part,) = parts(target)
    kept = part.stat().st_size
    assert kept == 2 * STEP * fetch._ATTEMPTS
    assert part.read_bytes() == CONTENT[:kept]
    server.ranges.clear()
    server.answers = ["full"]
    get(server, target)
    assert_fetched(target)
    assert server.ranges == [f"bytes={kept}-"]
    assert server.sent == len(CONTENT)


def test_finished_part_is_not_fetched_again(server, target):
    server.answers = [f"drop {STEP}"]
    with pytest.raises(DataError):
        get(server, target)
    (part,) = parts(target)
    part.write_bytes(CONTENT)
    server.answers, server.sent = ["full"], 0
    get(server, target)
    assert_fetched(target)
    assert server.sent == 0


@pytest.mark.parametrize(
    "stale", [PAGE, b"x" * STEP, CONTENT + b"x", CONTENT[:-1] + b"x", b"x" * 10 * len(CONTENT)]
)
def test_stale_part_is_thrown_away(server, target, stale):
    server.answers = [f"drop {STEP}"]
    with pytest.raises(DataError):
        get(server, target)
    (part,) = parts(target)
    part.write_bytes(stale)
    server.answers = ["full"]
    get(server, target)
    assert_fetched(target)


def test_server_that_ignores_ranges(server, target):
    server.answers = [f"drop {5 * STEP}", "ignore"]
    get(server, target)
    assert_fetched(target)
    assert server.ranges == [None, f"bytes={5 * STEP}-"]


def test_server_that_sends_another_range(server, target):
    server.answers = [f"drop {5 * STEP}", "shifted", "full"]
    get(server, target)
    assert_fetched(target)
    assert server.ranges == [None, f"bytes={5 * STEP}-", None]


@pytest.mark.parametrize("answer", ["page", "status 404", "status 403", "status 503"])
def test_next_address_after_a_useless_one(server, target, answer):
    other = Server()
    try:
        server.answers = [answer]
        urls = [server.url(), other.url()]
        fetch_file(NAME, target, sha256=SHA256, urls=urls)
    finally:
        other.close()
    assert_fetched(target)
    assert len(other.ranges) == 1


def test_server_error_then_well(server, target):
    server.answers = ["status 500", "status 503", "full"]
    get(server, target)
    assert_fetched(target)
    assert len(server.ranges) == 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("page", "another content than expected"),
        ("status 404", "HTTP status 404"),
        ("status 500", "HTTP status 500"),
        ("hang 0", "no answer in time"),
    ],
)
def test_nothing_available(server, target, answer, reason):
    server.answers = [answer]
    with pytest.raises(DataError, match=reason) as caught:
        get(server, target)
    message = str(caught.value)
    for part in (NAME, server.url(), "machine.mirror", "LABELINFO_MIRROR", "check the network"):
        assert part in message
    assert not target.exists()
    assert all(path.stat().st_size == 0 for path in parts(target))


def test_404_is_not_asked_again(server, target):
    server.answers = ["status 404"]
    with pytest.raises(DataError):
        get(server, target)
    assert len(server.ranges) == 1


def test_endless_body_is_cut(server, target):
    server.body = bytes(20_000_000)
    with pytest.raises(DataError, match=r"digits.*serves more than \d+ bytes"):
        get(server, target)
    assert parts(target) == []


def test_bomb(server, target):
    server.body = gzip.compress(bytes(30_000_000))
    with pytest.raises(DataError, match=r"digits.*another content"):
        get(server, target)


def test_old_target_stays_when_nothing_is_available(server, target):
    target.parent.mkdir(parents=True)
    target.write_bytes(b"old")
    server.answers = ["page"]
    with pytest.raises(DataError):
        get(server, target)
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/digits", "no-scheme/digits", "file:///etc/hostname", "http://[::"]
)
def test_useless_addresses(target, url):
    with pytest.raises(DataError, match=r"digits .*LABELINFO_MIRROR") as caught:
        fetch_file(NAME, target, sha256=SHA256, urls=[url])
    assert url in str(caught.value)


def test_no_address(target):
    with pytest.raises(DataError, match=r"digits .*no address.*LABELINFO_MIRROR"):
        fetch_file(NAME, target, sha256=SHA256)


def test_folder_that_cannot_be_written(server, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="file/digits"):
        get(server, tmp_path / "file" / "digits")


# From a mirror


@pytest.fixture
def mirror(tmp_path):
    folder = tmp_path / "mirror"
    (folder / "mnist").mkdir(parents=True)
    return folder


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_mirror(mirror, server, target, suffix):
    path = mirror / f"{NAME}{suffix}"
    path.write_bytes(gzip.compress(CONTENT) if suffix else CONTENT)
    get(server, target, mirror=str(mirror))
    assert_fetched(target)
    assert server.ranges == []  # the network is left alone


def test_mirror_lacks_the_file(mirror, server, target):
    with pytest.raises(DataError) as caught:
        get(server, target, mirror=mirror)
    message = str(caught.value)
    assert f"{mirror / NAME} " in message
    assert f"{mirror / NAME}.gz " in message
    assert "machine.mirror" in message
    assert "LABELINFO_MIRROR" in message
    assert server.ranges == []


@pytest.mark.parametrize("content", [b"", PAGE, CONTENT[:-1], CONTENT + b"x"])
def test_mirror_has_another_file(mirror, server, target, content):
    (mirror / NAME).write_bytes(content)
    with pytest.raises(DataError, match="mirror/mnist/digits"):
        get(server, target, mirror=mirror)
    assert not target.exists()
    assert server.ranges == []


def test_content_decides_not_the_size_alone(mirror, target):
    (mirror / NAME).write_bytes(bytes(len(CONTENT)))
    with pytest.raises(DataError, match=f"SHA-256.*{SHA256[:12]}"):
        fetch_file(NAME, target, sha256=SHA256, size=len(CONTENT), mirror=mirror)
    with pytest.raises(DataError, match=f"git blob id.*{BLOB_SHA1[:12]}"):
        fetch_file(NAME, target, git_blob_sha1=BLOB_SHA1, mirror=mirror)


# Mistakes of the caller


def test_a_digest_is_needed(mirror, target):
    with pytest.raises(ValueError, match="sha256 or git_blob_sha1"):
        fetch_file(NAME, target, size=3, mirror=mirror)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../digits", "a/../../digits", "/etc/hostname", "C:\\digits", "..\\x", "a\0"],
)
def test_names_that_escape(tmp_path, target, name):
    (tmp_path / "digits").write_bytes(CONTENT)
    (tmp_path / "mirror").mkdir()
    with pytest.raises(DataError, match="leads out of the data folder"):
        fetch_file(name, target, sha256=SHA256, mirror=tmp_path / "mirror")
    assert not Path(target).exists()
