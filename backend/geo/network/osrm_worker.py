"""The process that holds one OSRM graph: reads questions on stdin, answers on stdout.

It runs alone because OSRM holds the interpreter's lock for a whole call and may crash on damaged
files. It ends when stdin closes, when its parent is gone, or when one question takes longer than
it may.
"""

import os
import select
import signal
import sys
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np
import osrm

from backend.geo.network.osrm_messages import (
    LENGTH_BYTES,
    TABLE_NUMBER,
    Answer,
    Legs,
    MatchAnswer,
    Matching,
    MatchQuestion,
    PathAnswer,
    PathQuestion,
    Position,
    Question,
    ReachAnswer,
    ReachQuestion,
    Ready,
    Refusal,
    TableAnswer,
    TableQuestion,
    frame,
    read_frame,
)
from backend.geo.network.provider import NO_WAY, Numbers

PARENT_CHECK_SECONDS = 5.0


class Engine:
    """OSRM's contraction hierarchy over one graph."""

    def __init__(self, base: str) -> None:
        self._osrm = osrm.OSRM(
            algorithm="CH",
            storage_config=base,
            use_shared_memory=False,
            max_locations_distance_table=-1,
            max_locations_viaroute=-1,
            max_locations_map_matching=-1,
            max_radius_map_matching=-1,
        )

    def answer(self, question: Question) -> Answer:
        """Answer one question; what OSRM refuses comes back as a Refusal."""
        try:
            match question:
                case TableQuestion():
                    return self._tables(question)
                case ReachQuestion():
                    return self._reach(question)
                case PathQuestion():
                    return self._path(question)
                case MatchQuestion():
                    return self._match(question)
        except RuntimeError as error:
            return Refusal("network_failed", str(error))

    def _off_network(self, points: Sequence[Position], radius_m: float) -> dict[int, int | None]:
        off: dict[int, int | None] = {}
        for index, point in enumerate(points):
            if self._nearest_m(point, [radius_m]) is None:
                # The search without a limit says how far off the point is.
                off[index] = self._nearest_m(point, [])
        return off

    def _nearest_m(self, point: Position, radiuses: list[float]) -> int | None:
        asked = osrm.NearestParameters(coordinates=[point], radiuses=radiuses, generate_hints=False)
        try:
            metres: float = self._osrm.Nearest(asked)["waypoints"][0]["distance"]
        except RuntimeError:
            return None
        return round(metres)

    def _tables(self, question: TableQuestion) -> TableAnswer:
        points, ends = question.points, (question.sources, question.destinations)
        try:
            found = self._table(points, *ends, question.radius_m)
            off: dict[int, int | None] = {}
        except RuntimeError as error:
            if "NoSegment" not in str(error):
                raise
            off = self._off_network(points, question.radius_m)
            found = self._table_without(off, points, *ends, question.radius_m)
        durations_s, distances_m = found
        return TableAnswer(durations_s.data, distances_m.data, list(off.items()))

    def _table_without(
        self,
        off: dict[int, int | None],
        points: Sequence[Position],
        sources: Sequence[int],
        destinations: Sequence[int],
        radius_m: float,
    ) -> tuple[Numbers, Numbers]:
        """Ask for the points on the network alone, and leave gaps where the others are."""
        kept = [index for index in range(len(points)) if index not in off]
        place = {index: number for number, index in enumerate(kept)}
        rows = [number for number, index in enumerate(sources) if index in place]
        columns = [number for number, index in enumerate(destinations) if index in place]
        durations_s = np.full((len(sources), len(destinations)), NO_WAY, TABLE_NUMBER)
        distances_m = durations_s.copy()
        if rows and columns:
            durations_s[np.ix_(rows, columns)], distances_m[np.ix_(rows, columns)] = self._table(
                [points[index] for index in kept],
                [place[sources[row]] for row in rows],
                [place[destinations[column]] for column in columns],
                radius_m,
            )
        return durations_s, distances_m

    def _table(
        self,
        points: Sequence[Position],
        sources: Sequence[int],
        destinations: Sequence[int],
        radius_m: float,
    ) -> tuple[Numbers, Numbers]:
        if len(points) == 1:  # OSRM refuses a table of one
            self._osrm.Nearest(
                osrm.NearestParameters(coordinates=list(points), radiuses=[radius_m])
            )
            return (np.zeros((1, 1), TABLE_NUMBER), np.zeros((1, 1), TABLE_NUMBER))
        table = self._osrm.Table(
            osrm.TableParameters(
                coordinates=list(points),
                sources=list(sources),
                destinations=list(destinations),
                annotations=["duration", "distance"],
                radiuses=[radius_m] * len(points),
                generate_hints=False,
            )
        )
        shape = (len(sources), len(destinations))
        return _whole(table["durations"], shape), _whole(table["distances"], shape)

    def _reach(self, question: ReachQuestion) -> ReachAnswer:
        """Snap every point, however far, in one call, and drop what lies too far off afterwards."""
        count = len(question.points) - 1
        table = self._osrm.Table(
            osrm.TableParameters(
                coordinates=list(question.points),
                sources=[0],
                destinations=list(range(1, count + 1)),
                annotations=["duration"],
                generate_hints=False,
            )
        )
        durations_s = _whole(table["durations"], (1, count))[0]
        off_m = np.fromiter((place["distance"] for place in table["destinations"]), float, count)
        durations_s[off_m > question.radius_m] = NO_WAY
        return ReachAnswer(durations_s.data, table["sources"][0]["distance"])

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
            return PathAnswer(_legs(self._osrm.Route(asked)["routes"][0]))
        except RuntimeError as error:
            if "NoSegment" in str(error):
                off = self._off_network(question.points, question.radius_m)
                return Refusal("off_network", "", next(iter(off), -1))
            if "NoRoute" in str(error):
                return Refusal("no_path", "", self._first_broken_leg(question))
            raise

    def _first_broken_leg(self, question: PathQuestion) -> int:
        indexes = range(len(question.points))
        durations_s, _ = self._table(question.points, indexes, indexes, question.radius_m)
        broken = np.flatnonzero(durations_s.diagonal(1) == NO_WAY)
        return int(broken[0]) if len(broken) else -1

    def _match(self, question: MatchQuestion) -> MatchAnswer:
        asked = osrm.MatchParameters(
            coordinates=list(question.points),
            timestamps=list(question.times_s),
            radiuses=list(question.radiuses_m),
            geometries="geojson",
            overview="full",
            annotations=["distance"],
            gaps="ignore",  # who asks has split the trace where it has gaps
            tidy=False,
            generate_hints=False,
        )
        try:
            found = self._osrm.Match(asked)
        except RuntimeError as error:
            if "NoMatch" in str(error) or "NoSegment" in str(error):
                return MatchAnswer([])
            raise
        return MatchAnswer(_matchings(found["matchings"], found["tracepoints"]))


def _matchings(matchings: Any, tracepoints: Any) -> list[Matching]:  # noqa: ANN401 - osrm is untyped
    indexes: list[list[int]] = [[] for _ in matchings]
    for index, place in enumerate(tracepoints):
        if place is not None:
            indexes[int(place["matchings_index"])].append(index)
    return [
        Matching(indexes[number], _legs(matching), matching["confidence"])
        for number, matching in enumerate(matchings)
    ]


def _legs(route: Any) -> Legs:  # noqa: ANN401 - osrm is untyped
    line = [(place[0], place[1]) for place in route["geometry"]["coordinates"]]
    legs = Legs(line, [], [], [])
    start = 0
    for leg in route["legs"]:
        legs.metres.append(leg["distance"])
        legs.seconds.append(leg["duration"])
        legs.starts.append(start)
        # The full line has one segment for each annotated distance.
        start += len(leg["annotation"]["distance"])
    return legs


def _whole(rows: Iterable[Any], shape: tuple[int, int]) -> Numbers:
    # The fastest way out of OSRM's own lists: no list of ours between. None becomes nan.
    numbers = np.fromiter(chain.from_iterable(rows), np.float64, shape[0] * shape[1])
    # Between two doors on one street OSRM may answer a metre less than nothing.
    np.maximum(np.rint(numbers, out=numbers), 0, out=numbers)
    numbers[np.isnan(numbers)] = NO_WAY
    return numbers.astype(TABLE_NUMBER).reshape(shape)


def serve(base: str, *, questions: int, answers: int, parent: int) -> None:
    """Load the graph and answer until the parent closes the pipe or is gone."""
    decoder: msgspec.msgpack.Decoder[Question] = msgspec.msgpack.Decoder(Question)
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
        _write_all(answers, len(answer).to_bytes(LENGTH_BYTES))
        _write_all(answers, answer)


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
