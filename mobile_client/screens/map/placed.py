"""Drawings in local units that are moved as a whole when the camera moves.

Local units count from an origin near by, which keeps them exact in 32-bit floats; the place on
the screen is computed in Python's doubles.
"""

from kivy.graphics import InstructionGroup, PopMatrix, PushMatrix, Scale, Translate
from kivy.graphics.instructions import Instruction

from mobile_client.presenters.map.projection import Camera

UNITS_PER_WORLD = 2**24


class Placed:
    """A group of meshes whose unit is 1 / `units` of the world, counted from an origin."""

    def __init__(self, x: float, y: float, units: float = UNITS_PER_WORLD) -> None:
        self.x, self.y, self.units = x, y, units
        self.group = InstructionGroup()
        self._move, self._scale = Translate(), Scale(1)
        self.clear()

    def local(self, x: float, y: float) -> tuple[float, float]:
        """World units to this group's units."""
        return (x - self.x) * self.units, (y - self.y) * self.units

    def clear(self) -> None:
        """Takes all meshes out."""
        self.fill([])

    def fill(self, meshes: list[Instruction]) -> None:
        """Shows these meshes and no others."""
        self.group.clear()
        for instruction in (PushMatrix(), self._move, self._scale, *meshes, PopMatrix()):
            self.group.add(instruction)

    def place(self, camera: Camera) -> None:
        """Moves the meshes to where the camera sees them."""
        self._move.xy = camera.to_screen(self.x, self.y)
        scale = camera.world_px / self.units
        self._scale.xyz = (scale, -scale, 1)
