"""Web Mercator in units of one world (0 to 1, y down), the camera over it, and distances."""

import math
from dataclasses import dataclass, replace

from mobile_client.views import LonLat

EARTH_RADIUS_M = 6_371_008.8
TILE_SIZE_DP = 256


def to_world(lon: float, lat: float) -> tuple[float, float]:
    """Longitude and latitude in degrees to world units."""
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return (lon + 180) / 360, y


def to_lon_lat(x: float, y: float) -> LonLat:
    """World units to longitude and latitude in degrees."""
    return x * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y))))


def distance_m(a: LonLat, b: LonLat) -> float:
    """Great-circle distance on the mean sphere (haversine), within 0.6 % of the ellipsoid's."""
    lon_a, lat_a, lon_b, lat_b = map(math.radians, (*a, *b))
    half = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(half))


@dataclass(frozen=True, slots=True)
class Camera:
    """What part of the world a screen area shows; x, y is its middle, sizes are in pixels.

    `tile_px` is the width of one tile at a whole zoom, 256 dp.
    """

    x: float
    y: float
    zoom: float
    left: float
    bottom: float
    width: float
    height: float
    tile_px: float = TILE_SIZE_DP

    @property
    def world_px(self) -> float:
        """The width of the whole world in pixels."""
        return self.tile_px * math.exp2(self.zoom)

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """World units to screen pixels, y up."""
        world = self.world_px
        return (
            self.left + self.width / 2 + (x - self.x) * world,
            self.bottom + self.height / 2 - (y - self.y) * world,
        )

    def from_screen(self, screen_x: float, screen_y: float) -> tuple[float, float]:
        """Screen pixels to world units."""
        world = self.world_px
        return (
            self.x + (screen_x - self.left - self.width / 2) / world,
            self.y - (screen_y - self.bottom - self.height / 2) / world,
        )

    def window(self) -> tuple[float, float, float, float]:
        """The visible box in world units: west, north, east, south."""
        west, north = self.from_screen(self.left, self.bottom + self.height)
        east, south = self.from_screen(self.left + self.width, self.bottom)
        return west, north, east, south

    def moved(self, dx_px: float, dy_px: float) -> "Camera":
        """The camera after the finger dragged the map by so many pixels."""
        world = self.world_px
        return replace(self, x=self.x - dx_px / world, y=self.y + dy_px / world)

    def zoomed(self, screen_x: float, screen_y: float, zoom: float) -> "Camera":
        """The camera at another zoom that keeps the place under the screen point."""
        x, y = self.from_screen(screen_x, screen_y)
        at_zoom = replace(self, zoom=zoom)
        moved_x, moved_y = at_zoom.from_screen(screen_x, screen_y)
        return replace(at_zoom, x=self.x + x - moved_x, y=self.y + y - moved_y)

    def fitted(self, points: list[LonLat], margin_px: float, max_zoom: float) -> "Camera":
        """The camera that shows all points inside the margin."""
        worlds = [to_world(*point) for point in points]
        west, east = min(x for x, _ in worlds), max(x for x, _ in worlds)
        north, south = min(y for _, y in worlds), max(y for _, y in worlds)
        room = max(self.width - 2 * margin_px, 1), max(self.height - 2 * margin_px, 1)
        spans = (east - west) * self.tile_px / room[0], (south - north) * self.tile_px / room[1]
        widest = max(*spans, 2.0**-max_zoom)
        zoom = min(max_zoom, -math.log2(widest))
        return replace(self, x=(west + east) / 2, y=(north + south) / 2, zoom=zoom)
