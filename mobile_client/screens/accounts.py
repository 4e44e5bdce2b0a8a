"""Accounts: search while typing."""
# mypy: allow-subclassing-any
# Kivy ships no types.

from kivy.clock import Clock
from kivy.properties import BooleanProperty, StringProperty

from mobile_client.facade import GpsUnavailable
from mobile_client.presenters.accounts import accounts, measure
from mobile_client.screens.background import run_in_background
from mobile_client.screens.kit import AppScreen, load_kv, row_data
from mobile_client.views import Fix, LonLat

SEARCH_DELAY_S = 0.12


class AccountsScreen(AppScreen):
    """A field and the accounts that match it."""

    query = StringProperty()
    empty = StringProperty()
    is_near = BooleanProperty(defaultvalue=False)

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        self._here: LonLat | None = None
        self._search = Clock.create_trigger(lambda _: self.refresh(), SEARCH_DELAY_S)

    def on_query(self, *_: object) -> None:
        """Searches after a short pause in typing."""
        self._search.cancel()
        self._search()

    def toggle_near(self) -> None:
        """Puts the nearest first, from where the phone is now; or goes back to names."""
        self.is_near = not self.is_near
        self._here = None
        if self.is_near:
            self.shell.toast(self.words("Looking for your position…"))
            run_in_background(lambda: measure(self.shell.core), self._measured)
        self.refresh()

    def _measured(self, found: Fix | GpsUnavailable) -> None:
        if isinstance(found, GpsUnavailable):
            self.is_near = False
            self.shell.toast(self.words.label("gps_problem", found.code))
        elif self.is_near:
            self._here = (found.lon, found.lat)
            self.refresh()

    def refresh(self) -> None:
        """Searches the phone's own store."""
        text = accounts(self.shell.core, self.words, self.query, self._here)
        self.empty = text.empty
        self.ids.found.data = [
            row_data(
                key=line.account_id,
                title=line.title,
                detail=line.detail,
                trail=line.trail,
                icon="store",
                action=self.shell.open_account,
            )
            for line in text.lines
        ]


load_kv(__file__)
