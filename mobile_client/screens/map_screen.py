"""The map with its buttons and the card of a tapped marker; a tab, or beside the list."""
# mypy: allow-subclassing-any
# Kivy ships no types.

from pathlib import Path

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.floatlayout import FloatLayout

from mobile_client.facade import GpsUnavailable
from mobile_client.presenters.check_in import FIX_TIMEOUT_S
from mobile_client.presenters.map.marker_card import marker_card
from mobile_client.screens.background import run_in_background
from mobile_client.screens.kit import AppScreen, Card, load_kv
from mobile_client.screens.map.map_view import MapView
from mobile_client.views import Fix, LonLat, MapFeatures

CLOSE_ZOOM = 16.0
_NOWHERE: LonLat = (0.0, 0.0)


class MarkerPanel(Card):
    """The tapped marker's account with the two things to do there."""

    open_label = StringProperty()
    check_in_label = StringProperty()
    title = StringProperty()
    detail = StringProperty()

    __events__ = ("on_open", "on_check_in")

    def on_open(self) -> None:
        """The card was asked for."""

    def on_check_in(self) -> None:
        """A check-in was asked for."""


class MapPane(FloatLayout):
    """The map; it is made anew when another package arrives."""

    words = ObjectProperty()
    shell = ObjectProperty()
    notice = StringProperty()
    card_id = StringProperty()
    card_name = StringProperty()
    card_detail = StringProperty()
    has_card = BooleanProperty(defaultvalue=False)

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        self.view: MapView | None = None
        self._package: Path | None = None
        self._features: MapFeatures | None = None

    def refresh(self) -> None:
        """Shows the core's features; the camera stays where the user put it."""
        features, package = self.shell.core.map_features(), self.shell.core.map_package()
        is_first = self.view is None
        if self.view is None:
            self.view = MapView(_middle(features), pos_hint={"x": 0, "y": 0})
            self.view.bind(on_marker=lambda _, key: self._show_card(key))
            self.view.bind(on_ground=lambda _: self.hide_card())
            self.add_widget(self.view, index=len(self.children))
        if package != self._package:
            self._package = package
            self.view.set_package(package)
        if features != self._features:
            self._features = features
            self.view.set_features(features)
        self.notice = (
            ""
            if package
            else self.words("The map is not on this phone yet. It comes with the next sync.")
        )
        if is_first:
            self.show_route()

    def show_route(self) -> None:
        """Moves the camera over the whole day, or over all accounts when there is no route."""
        if self.view is not None and self._features is not None:
            stops = [(p.lon, p.lat) for p in self._features.points if p.position is not None]
            everything = [(p.lon, p.lat) for p in self._features.points]
            self.view.fit_to([*stops, *self._features.route] or everything)

    def show_here(self) -> None:
        """Asks for the position once and moves there."""
        run_in_background(self._measure, self._found)

    def hide_card(self) -> None:
        """Takes the marker's card away."""
        self.has_card = False

    def close(self) -> None:
        """Lets go of the package's file."""
        if self.view is not None:
            self.view.close()

    def _measure(self) -> Fix | GpsUnavailable:
        try:
            fix: Fix = self.shell.core.device.gps.fix(FIX_TIMEOUT_S)
        except GpsUnavailable as unavailable:
            return unavailable
        return fix

    def _found(self, found: Fix | GpsUnavailable) -> None:
        if isinstance(found, GpsUnavailable):
            self.shell.toast(self.words.label("gps_problem", found.code))
        elif self.view is not None:
            self.view.set_here((found.lon, found.lat))
            self.view.centre_on((found.lon, found.lat), CLOSE_ZOOM)

    def _show_card(self, account_id: str) -> None:
        card = marker_card(self.shell.core, self.words, account_id)
        if card is None:
            self.refresh()
            return
        self.card_id, self.card_name, self.card_detail = card.account_id, card.name, card.detail
        self.has_card = True


class MapScreen(AppScreen):
    """The map as a tab; on a wide window the pane stands beside the list instead."""

    def refresh(self) -> None:
        """Shows the core's features."""
        self.shell.map_pane.refresh()


def _middle(features: MapFeatures) -> LonLat:
    if not features.points:
        return features.route[0] if features.route else _NOWHERE
    lons, lats = [p.lon for p in features.points], [p.lat for p in features.points]
    return (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2


load_kv(__file__)
