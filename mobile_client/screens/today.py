"""Today: the next stop with a big Check in, and the route below."""
# mypy: allow-subclassing-any
# Kivy ships no types.

from kivy.properties import BooleanProperty, StringProperty

from mobile_client.presenters.today import StopLine, today
from mobile_client.screens.kit import AppScreen, load_kv, row_data


class TodayScreen(AppScreen):
    """The first screen of the day."""

    date = StringProperty()
    progress = StringProperty()
    summary = StringProperty()
    empty = StringProperty()
    notice = StringProperty()
    has_next = BooleanProperty(defaultvalue=False)
    next_id = StringProperty()
    next_name = StringProperty()
    next_address = StringProperty()
    next_when = StringProperty()

    def refresh(self) -> None:
        """Shows the day as the core has it."""
        text = today(self.shell.core, self.words)
        self.date, self.progress = text.date, text.progress
        self.summary, self.empty, self.notice = text.summary, text.empty, text.notice
        self.has_next = text.next_stop is not None
        if text.next_stop:
            self.next_id = text.next_stop.account_id
            self.next_name, self.next_address = text.next_stop.name, text.next_stop.address
            self.next_when = text.next_stop.when
        self.ids.stops.data = [self._row(line) for line in text.lines]

    def _row(self, line: StopLine) -> dict[str, object]:
        return row_data(
            key=line.account_id,
            title=line.title,
            detail=line.detail,
            trail=line.trail,
            icon=line.icon,
            tone=line.tone,
            is_strong=not line.is_done,
            is_faded=line.is_done,
            action=self.shell.open_account,
        )


load_kv(__file__)
