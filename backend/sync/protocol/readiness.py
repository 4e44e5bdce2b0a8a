"""Makes what is decoded ready before threads use it."""

from collections.abc import Iterator
from contextlib import suppress

import msgspec


def prepare_structs() -> None:
    """Let msgspec work out the fields of every struct that is imported by now; takes 0.1 s at most.

    It does so at a struct's first use otherwise, and a second thread that comes in the middle of
    that reads fields that are not there yet: the process ends with a segmentation fault
    (msgspec 0.22). Whoever starts threads that decode or convert calls this first.
    """
    for kind in _below(msgspec.Struct):
        # Structs of libraries may hold what nobody can decode: nobody does.
        with suppress(TypeError, NameError):
            msgspec.json.Decoder(kind)


def _below(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)
