"""Accounts: search while typing."""
# mypy: allow-subclassing-any
# Kivy ships no types.

from kivy.clock import Clock
from kivy.properties import StringProperty

from mobile_client.presenters.accounts import accounts
from mobile_client.screens.kit import AppScreen, load_kv, row_data

SEARCH_DELAY_S = 0.12


class AccountsScreen(AppScreen):
    """A field and the accounts that match it."""

    query = StringProperty()
    empty = StringProperty()

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        self._search = Clock.create_trigger(lambda _: self.refresh(), SEARCH_DELAY_S)

    def on_query(self, *_: object) -> None:
        """Searches after a short pause in typing."""
        self._search.cancel()
        self._search()

    def refresh(self) -> None:
        """Searches the phone's own store."""
        text = accounts(self.shell.core, self.words, self.query)
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
