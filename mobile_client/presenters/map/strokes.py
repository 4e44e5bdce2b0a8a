"""Lines as triangles for the line shader, which gives them width in pixels."""

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

VERTEX_FLOATS = 5
# Meshes index their vertices by 16 bits.
MAX_INDICES = 60_000


@dataclass(frozen=True, slots=True)
class Triangles:
    """Vertices and indices of one mesh."""

    vertices: array[float] = field(default_factory=lambda: array("f"))
    indices: array[int] = field(default_factory=lambda: array("H"))


def add_lines(chunks: list[Triangles], parts: Iterable[Sequence[tuple[float, float]]]) -> None:
    """Adds each segment as a quad with square caps, which also hide the joints.

    A vertex is x, y, the corner's direction on the screen (y up, while the parts' y is down) and
    the side (1 or -1) from which the shader tells how far a pixel is from the middle.
    """
    for part in parts:
        if not chunks or len(chunks[-1].indices) > MAX_INDICES:
            chunks.append(Triangles())
        mesh = chunks[-1]
        at = len(mesh.vertices) // VERTEX_FLOATS
        for (x0, y0), (x1, y1) in pairwise(part):
            dx, dy = x1 - x0, y0 - y1
            length = math.hypot(dx, dy)
            if not length:
                continue
            dx, dy = dx / length, dy / length
            mesh.vertices.extend(
                (x0, y0, -dy - dx, dx - dy, 1, x0, y0, dy - dx, -dx - dy, -1),
            )
            mesh.vertices.extend(
                (x1, y1, dx - dy, dx + dy, 1, x1, y1, dx + dy, dy - dx, -1),
            )
            mesh.indices.extend((at, at + 1, at + 2, at + 1, at + 3, at + 2))
            at += 4
