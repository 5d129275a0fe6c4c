"""Fetching: only verified content is put in place, for any behaviour of the source."""

import gzip
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

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


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(fetch, "_PAUSES", (0.001, 0.001))
    monkeypatch.setattr(fetch, "_TIMEOUTS", (0.5, 0.15))
    monkeypatch.setattr(fetch, "_CHUNK", 10_000)


class Server:
    """A local server that plays a list of answers and then repeats the last one."""

    def __init__(self):
        self.body = CONTENT
        self.answers = ["full"]
        self.requests = 0
        self.release = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.requests += 1
                kind, _, number = server.answers[0].partition(" ")
                del server.answers[: len(server.answers) > 1]
                server.answer(self, kind, int(number or 0))

            def log_message(self, *args):
                pass

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.httpd.serve_forever, args=(0.01,))
        self.thread.start()

    def url(self, path="digits"):
        return f"http://127.0.0.1:{self.httpd.server_address[1]}/{path}"

    def answer(self, handler, kind, number):
        """Play one answer; "drop" and "hang" send fewer bytes than they announce."""
        body = PAGE if kind in ("page", "status") else self.body
        if kind == "encoded":
            body = gzip.compress(body)
        handler.send_response(number if kind == "status" else 200)
        if kind == "encoded":
            handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        try:
            handler.wfile.write(body[:number] if kind in ("drop", "hang") else body)
            handler.wfile.flush()
        except OSError:
            pass  # the client has closed the connection
        if kind == "hang":
            self.release.wait(5)

    def close(self):
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


def get(server, target, path="digits", **options):
    options = {"sha256": SHA256, "size": len(CONTENT), "urls": [server.url(path)]} | options
    fetch_file(NAME, target, **options)


def assert_fetched(target):
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["digits"]


# From the network


@pytest.mark.parametrize(
    "checks", [{}, {"sha256": None, "git_blob_sha1": BLOB_SHA1}, {"size": None}]
)
def test_whole_file(server, target, checks):
    get(server, target, **checks)
    assert_fetched(target)
    assert server.requests == 1


@pytest.mark.parametrize(
    ("path", "gzipped", "answer"),
    [("digits", True, "full"), ("digits.gz", False, "encoded"), ("digits.gz", True, "encoded")],
)
def test_content_may_be_gzipped_whatever_its_name(server, target, path, gzipped, answer):
    server.answers = [answer]
    server.body = gzip.compress(CONTENT) if gzipped else CONTENT
    get(server, target, path)
    assert_fetched(target)


@pytest.mark.parametrize("fault", ["drop 50000", "hang 50000", "status 429"])
def test_faults_that_pass_are_tried_again(server, target, fault):
    server.answers = [fault, fault, "full"]
    get(server, target)
    assert_fetched(target)
    assert server.requests == 3


@pytest.mark.parametrize("answer", ["page", "status 404", "drop 9"])
def test_next_address_after_a_useless_one(server, target, answer):
    other = Server()
    server.answers = [answer]
    try:
        get(server, target, urls=[server.url(), other.url()])
    finally:
        other.close()
    assert_fetched(target)
    assert other.requests == 1


@pytest.mark.parametrize(
    ("answer", "reason", "requests"),
    [
        ("page", "it serves another content than expected", 1),
        ("status 404", "HTTP status 404", 1),
        ("status 500", "HTTP status 500", 3),
        ("hang 0", "no answer in time", 3),
        ("drop 9", "the connection broke off", 3),
    ],
)
def test_nothing_available(server, target, answer, reason, requests):
    target.parent.mkdir(parents=True)
    target.write_bytes(b"old")
    server.answers = [answer]
    with pytest.raises(DataError) as caught:
        get(server, target)
    for part in (NAME, f"{server.url()} ({reason})", "machine.mirror", "LABELINFO_MIRROR"):
        assert part in str(caught.value)
    assert server.requests == requests
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (bytes(20_000_000), r"serves more than \d+ bytes"),
        (gzip.compress(bytes(30_000_000)), "another content"),
    ],
)
def test_content_that_is_too_large(server, target, body, reason):
    server.body = body
    with pytest.raises(DataError, match=f"digits.*{reason}"):
        get(server, target)
    assert not target.exists()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/digits", "no-scheme/digits", "file:///etc/hostname", "http://[::"]
)
def test_useless_addresses(target, url):
    with pytest.raises(DataError, match=r"digits .*LABELINFO_MIRROR") as caught:
        fetch_file(NAME, target, sha256=SHA256, urls=[url])
    assert url in str(caught.value)
    with pytest.raises(DataError, match=r"digits .*no address.*LABELINFO_MIRROR"):
        fetch_file(NAME, target, sha256=SHA256)


def test_a_full_disk_is_no_fault_of_the_network(server, target, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(StorageError, match="digits: the disk is full"):
        get(server, target)


def test_a_digest_is_needed(target):
    with pytest.raises(ValueError, match="sha256 or git_blob_sha1"):
        fetch_file(NAME, target, size=3)


# From a mirror


@pytest.fixture
def mirror(tmp_path):
    folder = tmp_path / "mirror"
    (folder / "mnist").mkdir(parents=True)
    return folder


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_mirror(mirror, server, target, suffix):
    content = gzip.compress(CONTENT) if suffix else CONTENT
    (mirror / f"{NAME}{suffix}").write_bytes(content)
    get(server, target, mirror=str(mirror))
    assert_fetched(target)
    assert server.requests == 0


def test_mirror_lacks_the_file(mirror, server, target):
    with pytest.raises(DataError) as caught:
        get(server, target, mirror=mirror)
    for part in (f"{mirror / NAME} ", f"{mirror / NAME}.gz ", "machine.mirror", "LABELINFO_MIRROR"):
        assert part in str(caught.value)
    assert server.requests == 0


@pytest.mark.parametrize("content", [b"", PAGE, CONTENT[:-1], CONTENT + b"x"])
def test_mirror_has_another_file(mirror, server, target, content):
    (mirror / NAME).write_bytes(content)
    with pytest.raises(DataError, match="mirror/mnist/digits"):
        get(server, target, mirror=mirror)
    assert not target.exists()
    assert server.requests == 0


def test_content_decides_not_the_size_alone(mirror, target):
    (mirror / NAME).write_bytes(bytes(len(CONTENT)))
    with pytest.raises(DataError, match=f"SHA-256.*{SHA256[:12]}"):
        fetch_file(NAME, target, sha256=SHA256, size=len(CONTENT), mirror=mirror)
    with pytest.raises(DataError, match=f"git blob id.*{BLOB_SHA1[:12]}"):
        fetch_file(NAME, target, git_blob_sha1=BLOB_SHA1, mirror=mirror)
