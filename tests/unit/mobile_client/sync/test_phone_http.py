"""The connection: compressed, limited, and honest about what may have been sent."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from random import Random

import pytest

from mobile_client.store.outbox import LONGEST_WAIT_SECONDS
from mobile_client.sync.backoff import wait_seconds
from mobile_client.sync.http import HttpClient, Unreachable


@contextmanager
def answering(body: bytes, **headers: str) -> Iterator[str]:
    """Serve one body at every path."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Stay silent."""

        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_compressed_answer_is_opened() -> None:
    packed = gzip.compress(b"hello")
    with answering(packed, Content_Encoding="gzip") as url, closing(HttpClient(url)) as client:
        assert client.request("GET", "/").body == b"hello"


def test_answer_that_unpacks_without_end_is_refused() -> None:
    bomb = gzip.compress(bytes(65 * 1024 * 1024), compresslevel=1)
    with (
        answering(bomb, Content_Encoding="gzip") as url,
        closing(HttpClient(url)) as client,
        pytest.raises(Unreachable),
    ):
        client.request("GET", "/")


@pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(b"hello" * 100, mtime=0)[:-12]])
def test_damaged_compression_counts_as_cut_off(body: bytes) -> None:
    with (
        answering(body, Content_Encoding="gzip") as url,
        closing(HttpClient(url)) as client,
        pytest.raises(Unreachable) as caught,
    ):
        client.request("GET", "/")
    assert caught.value.was_sent


def test_refused_connection_sent_nothing() -> None:
    with answering(b"") as url:
        pass
    with closing(HttpClient(url)) as client, pytest.raises(Unreachable) as caught:
        client.request("GET", "/")
    assert not caught.value.was_sent


def test_wait_doubles_within_its_limits() -> None:
    jitter = Random(1)
    for tries in range(1, 200):
        doubled = 2.0 ** min(tries, 20)
        wait = wait_seconds(tries, jitter)
        assert min(LONGEST_WAIT_SECONDS, doubled / 2) <= wait
        assert wait <= min(LONGEST_WAIT_SECONDS, doubled)
        asked = wait_seconds(1, jitter, at_least_s=100)
        assert 100 <= asked <= 120
        longest = wait_seconds(1, jitter, at_least_s=10**6)
        assert LONGEST_WAIT_SECONDS <= longest <= 1.2 * LONGEST_WAIT_SECONDS
