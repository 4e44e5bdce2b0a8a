"""An account's card."""
# mypy: allow-subclassing-any
# Kivy ships no types.

from kivy.metrics import dp
from kivy.properties import StringProperty

from mobile_client.presenters.account_card import CardLine, account_card
from mobile_client.screens.kit import HEADING_DP, AppScreen, load_kv, row_data


class AccountScreen(AppScreen):
    """Fields, contacts, history, notes and media of one account."""

    account_id = StringProperty()
    title = StringProperty()
    kind = StringProperty()
    check_in_label = StringProperty()

    def open(self, argument: object) -> None:
        """Shows the account of this id from its top."""
        self.account_id = str(argument)
        self.ids.lines.scroll_y = 1

    def refresh(self) -> None:
        """Reads the card again; goes back when the account left this phone."""
        try:
            text = account_card(self.shell.core, self.words, self.account_id)
        except KeyError:
            self.shell.back()
            self.shell.toast(self.words("This account is no longer on this phone"))
            return
        self.title, self.kind, self.check_in_label = text.name, text.kind, text.check_in_label
        self.ids.lines.data = [self._row(line) for line in text.lines]

    def _row(self, line: CardLine) -> dict[str, object]:
        if line.is_heading:
            return {"kind": "Heading", "title": line.title, "size": (None, dp(HEADING_DP))}
        return row_data(
            key=line.contact_id,
            title=line.title,
            detail=line.detail,
            trail=line.trail,
            icon=line.icon,
            picture=str(line.picture) if line.picture else "",
            tone=line.tone,
            is_strong=bool(line.icon),
            is_faded=not line.icon,
            action=self._edit_contact if line.contact_id else None,
        )

    def _edit_contact(self, contact_id: str) -> None:
        self.shell.open_contact_form(self.account_id, contact_id)


load_kv(__file__)
