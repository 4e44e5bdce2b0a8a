"""What the CRM draws over the base map: territories, the route, markers."""

import math

from kivy.graphics import InstructionGroup, Mesh
from kivy.metrics import dp, sp

from mobile_client.presenters.map.clusters import Cluster, cluster, nearest
from mobile_client.presenters.map.projection import Camera, to_world
from mobile_client.presenters.map.strokes import Triangles, add_lines
from mobile_client.screens.map.placed import Placed
from mobile_client.screens.map.shaders import LINE_FORMAT, line_context
from mobile_client.screens.map.sprites import Sprites, TextTextures
from mobile_client.screens.theme import T, rgba
from mobile_client.views import LonLat, MapFeatures, MapPoint

TAP_RADIUS_DP = 24
_STAGES = {
    "prospect": rgba("1565C0"),
    "customer": rgba("2E7D32"),
    "lapsed": rgba("B26A00"),
    "lost": rgba("616161"),
}
_OTHER_STAGE = rgba("1565C0")
_GROUP, _STOP, _DONE = rgba("2B4A66"), rgba("3949AB"), rgba("1B5E20")
_TERRITORY, _ROUTE, _HERE = rgba("00504A"), rgba("3949AB"), rgba("0B57D0")


class Overlay:
    """Territories, route, markers and where the user is; x, y is the origin in world units."""

    def __init__(self, x: float, y: float) -> None:
        self.group = InstructionGroup()
        self._lines = {"territory": Placed(x, y), "route": Placed(x, y)}
        looks = {"territory": (_TERRITORY, dp(1.5)), "route": (_ROUTE, dp(2.6))}
        for name, (colour, half_width) in looks.items():
            context = line_context(colour, half_width)
            context.add(self._lines[name].group)
            self.group.add(context)
        # Numbers lie over all discs of their layer, so stops need a layer above the others.
        self._markers, self._stops = Sprites(x, y), Sprites(x, y)
        self.group.add(self._markers.group)
        self.group.add(self._stops.group)
        self._textures = TextTextures()
        self._points: tuple[MapPoint, ...] = ()
        self.clusters: list[Cluster] = []
        self._clustered_at: int | None = None
        self._drawn: tuple[float, float, float, float] | None = None
        self.here: LonLat | None = None

    def set_features(self, features: MapFeatures) -> None:
        """Shows other features."""
        rings = [ring for territory in features.territories for ring in territory.rings]
        self._set_lines("territory", rings)
        self._set_lines("route", [features.route])
        self._points = features.points
        self._clustered_at = None

    def set_here(self, here: LonLat | None) -> None:
        """Shows where the phone is."""
        self.here = here
        self._drawn = None

    def update(self, camera: Camera) -> None:
        """Moves all to the camera; clusters anew at another whole zoom."""
        zoom = int(camera.zoom)
        if zoom != self._clustered_at:
            self._clustered_at, self._drawn = zoom, None
            self.clusters = cluster(self._points, zoom)
        window = camera.window()
        if self._drawn is None or not _holds(self._drawn, window):
            self._drawn = _grown(window)
            self._draw_markers(self._drawn)
        for placed in self._lines.values():
            placed.place(camera)
        self._markers.place(camera)
        self._stops.place(camera)

    def hit(self, camera: Camera, position: tuple[float, float]) -> Cluster | None:
        """The marker under a finger."""
        x, y = camera.from_screen(*position)
        return nearest(self.clusters, x, y, within=dp(TAP_RADIUS_DP) / camera.world_px)

    def _set_lines(self, name: str, lines: list[tuple[LonLat, ...]]) -> None:
        placed, chunks = self._lines[name], list[Triangles]()
        add_lines(chunks, ([placed.local(*to_world(*at)) for at in line] for line in lines))
        placed.fill(
            [
                Mesh(vertices=c.vertices, indices=c.indices, fmt=LINE_FORMAT, mode="triangles")
                for c in chunks
                if c.indices
            ]
        )

    def _draw_markers(self, window: tuple[float, float, float, float]) -> None:
        west, north, east, south = window
        self._markers.begin()
        self._stops.begin()
        for one in self.clusters:
            if west <= one.x <= east and north <= one.y <= south:
                self._draw_cluster(one)
        if self.here is not None:
            self._stops.disc(*to_world(*self.here), dp(9), _HERE)
        self._markers.end()
        self._stops.end()

    def _draw_cluster(self, one: Cluster) -> None:
        first, count = one.points[0], len(one.points)
        if count > 1:
            radius, colour, number = dp(14 + 4 * math.log10(count)), _GROUP, str(count)
        elif first.position is not None:
            radius, number = dp(16), str(first.position)
            colour = _DONE if first.is_done else _STOP
        else:
            radius, number = dp(10.5), ""
            colour = _STAGES.get(first.stage, _OTHER_STAGE)
        layer = self._markers if first.position is None else self._stops
        layer.disc(one.x, one.y, radius, colour)
        if number:
            layer.text(one.x, one.y, self._textures.get(number, sp(14), T.on_primary))


def _holds(
    outer: tuple[float, float, float, float], inner: tuple[float, float, float, float]
) -> bool:
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and outer[2] >= inner[2]
        and outer[3] >= inner[3]
    )


def _grown(window: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Half a window more on each side, so that dragging seldom draws anew."""
    west, north, east, south = window
    dx, dy = (east - west) / 2, (south - north) / 2
    return west - dx, north - dy, east + dx, south + dy
