"""The process that holds one OSRM graph: reads questions on stdin, answers on stdout.

It runs alone because OSRM holds the interpreter's lock for a whole call and may crash on damaged
files. It is started by its path and imports nothing of the project, so that a start is short.
Frames are a length of 4 bytes, big-endian, and MessagePack. It ends when stdin closes, when its
parent is gone, or when one question takes longer than it may.
"""

import os
import select
import signal
import sys
from collections.abc import Sequence
from typing import Any

import msgspec
import osrm

LENGTH_BYTES = 4
PARENT_CHECK_SECONDS = 5.0

type Position = tuple[float, float]


class MatrixQuestion(msgspec.Struct, tag="matrix"):
    """All pairs of the points that lie within `radius_m` of a street."""

    points: Sequence[Position]
    radius_m: float
    within_s: float


class PathQuestion(msgspec.Struct, tag="path"):
    """The way through all points."""

    points: Sequence[Position]
    radius_m: float
    within_s: float


class MatrixAnswer(msgspec.Struct, tag="matrix"):
    """Rows over the kept points; `off` lists the others as (index, metres or None)."""

    durations_s: list[list[int | None]]
    distances_m: list[list[int | None]]
    off: list[tuple[int, int | None]]


class PathAnswer(msgspec.Struct, tag="path"):
    """The line and per leg: metres, seconds, index of its first position in the line."""

    line: list[Position]
    legs: list[tuple[int, int, int]]


class Refusal(msgspec.Struct, tag="refusal"):
    """Why there is no answer; `index` is the point or leg meant, -1 for none."""

    code: str
    detail: str
    index: int = -1


class Ready(msgspec.Struct, tag="ready"):
    """Said once, when the graph is loaded."""


type Question = MatrixQuestion | PathQuestion
type Answer = MatrixAnswer | PathAnswer | Refusal | Ready


def read_frame(descriptor: int) -> bytes | None:
    """Read one frame; None when the other side has closed."""
    head = _read_exactly(descriptor, LENGTH_BYTES)
    return None if head is None else _read_exactly(descriptor, int.from_bytes(head))


def frame(payload: bytes) -> bytes:
    """Put the length before a payload."""
    return len(payload).to_bytes(LENGTH_BYTES) + payload


def _read_exactly(descriptor: int, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        chunk = os.read(descriptor, count - len(parts))
        if not chunk:
            return None
        parts += chunk
    return bytes(parts)


class Engine:
    """OSRM's contraction hierarchy over one graph."""

    def __init__(self, base: str) -> None:
        self._osrm = osrm.OSRM(
            algorithm="CH",
            storage_config=base,
            use_shared_memory=False,
            max_locations_distance_table=-1,
            max_locations_viaroute=-1,
        )

    def answer(self, question: Question) -> Answer:
        """Answer one question; what OSRM refuses comes back as a Refusal."""
        try:
            off = self._off_network(question)
            if isinstance(question, MatrixQuestion):
                return self._matrix(question, off)
            if off:
                return Refusal("off_network", "", off[0][0])
            return self._path(question)
        except RuntimeError as error:
            return Refusal("network_failed", str(error))

    def _off_network(self, question: Question) -> list[tuple[int, int | None]]:
        off: list[tuple[int, int | None]] = []
        for index, point in enumerate(question.points):
            metres = self._nearest_m(point, [question.radius_m])
            if metres is None:
                # The search without a limit says how far off the point is.
                off.append((index, self._nearest_m(point, [])))
        return off

    def _nearest_m(self, point: Position, radiuses: list[float]) -> int | None:
        asked = osrm.NearestParameters(coordinates=[point], radiuses=radiuses, generate_hints=False)
        try:
            metres: float = self._osrm.Nearest(asked)["waypoints"][0]["distance"]
        except RuntimeError:
            return None
        return round(metres)

    def _matrix(self, question: MatrixQuestion, off: list[tuple[int, int | None]]) -> MatrixAnswer:
        missing = {index for index, _ in off}
        kept = [point for index, point in enumerate(question.points) if index not in missing]
        if not kept:
            return MatrixAnswer([], [], off)
        if len(kept) == 1:  # OSRM refuses a table of one
            return MatrixAnswer([[0]], [[0]], off)
        table = self._table(kept, question.radius_m)
        return MatrixAnswer(_whole(table["durations"]), _whole(table["distances"]), off)

    def _table(self, points: Sequence[Position], radius_m: float) -> Any:  # noqa: ANN401 - osrm is untyped
        return self._osrm.Table(
            osrm.TableParameters(
                coordinates=list(points),
                annotations=["duration", "distance"],
                radiuses=[radius_m] * len(points),
                generate_hints=False,
            )
        )

    def _path(self, question: PathQuestion) -> PathAnswer | Refusal:
        asked = osrm.RouteParameters(
            coordinates=list(question.points),
            geometries="geojson",
            overview="full",
            annotations=["distance"],
            # A rep stops at each point and may turn round, as the matrix assumes.
            continue_straight=False,
            radiuses=[question.radius_m] * len(question.points),
            generate_hints=False,
        )
        try:
            route = self._osrm.Route(asked)["routes"][0]
        except RuntimeError as error:
            if "NoRoute" not in str(error):
                raise
            return Refusal("no_path", "", self._first_broken_leg(question))
        line = [(place[0], place[1]) for place in route["geometry"]["coordinates"]]
        legs: list[tuple[int, int, int]] = []
        start = 0
        for leg in route["legs"]:
            legs.append((round(leg["distance"]), round(leg["duration"]), start))
            # The full line has one segment for each annotated distance.
            start += len(leg["annotation"]["distance"])
        return PathAnswer(line, legs)

    def _first_broken_leg(self, question: PathQuestion) -> int:
        durations = _whole(self._table(question.points, question.radius_m)["durations"])
        legs = range(len(question.points) - 1)
        return next((leg for leg in legs if durations[leg][leg + 1] is None), -1)


def _whole(rows: Any) -> list[list[int | None]]:  # noqa: ANN401 - osrm is untyped
    # Between two doors on one street OSRM may answer a metre less than nothing.
    return [[None if value is None else max(round(value), 0) for value in row] for row in rows]


def serve(base: str, *, questions: int, answers: int, parent: int) -> None:
    """Load the graph and answer until the parent closes the pipe or is gone."""
    decoder = msgspec.msgpack.Decoder(MatrixQuestion | PathQuestion)
    encode = msgspec.msgpack.Encoder().encode
    try:
        engine = Engine(base)
    except RuntimeError as error:
        os.write(answers, frame(encode(Refusal("network_broken", str(error)))))
        return
    _write_all(answers, frame(encode(Ready())))
    while True:
        is_readable, _, _ = select.select([questions], [], [], PARENT_CHECK_SECONDS)
        if not is_readable:
            if os.getppid() != parent:  # another child may hold our pipe open
                return
            continue
        received = read_frame(questions)
        if received is None:
            return
        question = decoder.decode(received)
        # The kernel ends this process even while OSRM holds the interpreter's lock.
        signal.setitimer(signal.ITIMER_REAL, question.within_s)
        answer = encode(engine.answer(question))
        signal.setitimer(signal.ITIMER_REAL, 0)
        _write_all(answers, frame(answer))


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def main() -> None:
    """Keep stdout for frames: what libraries print goes to stderr."""
    parent = os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's; it closes the pipe
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    answers = os.dup(1)
    os.dup2(2, 1)
    try:
        serve(sys.argv[1], questions=0, answers=answers, parent=parent)
    except BrokenPipeError:
        return


if __name__ == "__main__":
    main()
