"""The proxy of the fault tests does what its plan says, and no more."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.support.cutting_proxy import Line, Plan, cutting_proxy, seeded_cuts

DATA = bytes(range(256)) * 4096


@pytest.fixture
def echo() -> Iterator[tuple[int, list[int]]]:
    """A server that sends back what it gets; how many bytes each connection brought."""
    brought: list[int] = []

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            place = len(brought)
            brought.append(0)
            with connection:
                try:
                    while data := connection.recv(65536):
                        brought[place] += len(data)
                        connection.sendall(data)
                except OSError:
                    pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield listener.getsockname()[1], brought
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _exchange(port: int, data: bytes = DATA) -> bytes:
    """Send everything and return what came back before the end, whichever it was."""
    received = bytearray()
    with socket.create_connection(("127.0.0.1", port)) as connection:

        def send() -> None:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        sender = threading.Thread(target=send)
        sender.start()
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionResetError:
            pass
        sender.join()
    return bytes(received)


def test_a_connection_without_a_line_is_left_alone(echo: tuple[int, list[int]]) -> None:
    plan = Plan()
    with cutting_proxy(echo[0], plan) as port:
        assert _exchange(port) == DATA
    assert (plan.connections, plan.cuts) == (1, 0)


@pytest.mark.parametrize("is_reset", [False, True])
def test_the_server_gets_exactly_the_bytes_of_the_plan(
    echo: tuple[int, list[int]], *, is_reset: bool
) -> None:
    plan = Plan([Line(up_bytes=100_001, is_reset=is_reset)])
    with cutting_proxy(echo[0], plan) as port:
        assert len(_exchange(port)) <= 100_001
        assert _exchange(port) == DATA
    assert plan.cuts == 1
    assert echo[1][0] <= 100_001
    assert is_reset or echo[1][0] == 100_001


def test_an_answer_can_be_lost_whole(echo: tuple[int, list[int]]) -> None:
    plan = Plan([Line(down_bytes=0)])
    with cutting_proxy(echo[0], plan) as port:
        assert _exchange(port, b"hello") == b""
    assert echo[1] == [5]
    assert plan.cuts == 1


def test_a_target_that_is_away_ends_the_connection() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        with cutting_proxy(reserved.getsockname()[1], Plan()) as port:
            assert _exchange(port, b"hello") == b""


def test_a_seed_makes_the_same_plan_again_and_counts_its_cuts(echo: tuple[int, list[int]]) -> None:
    first, second = seeded_cuts(7, 9, 10, 1000), seeded_cuts(7, 9, 10, 1000)
    assert [first.next_line() for _ in range(10)] == [second.next_line() for _ in range(10)]
    told: list[int] = []
    plan = seeded_cuts(3, 4, 10, 1000, on_cut=told.append)
    with cutting_proxy(echo[0], plan) as port:
        for _ in range(4):
            assert len(_exchange(port)) < len(DATA)
        assert _exchange(port) == DATA
    assert told == [1, 2, 3, 4]
