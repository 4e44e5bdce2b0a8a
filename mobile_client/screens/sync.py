"""Sync status: what waits, what failed and why, what needs a choice; and the way out."""
# mypy: allow-subclassing-any
# Kivy ships no types.

from kivy.metrics import dp, sp
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from mobile_client.facade import EditError, OutboxNotEmpty
from mobile_client.presenters.sync import IssueLine, ItemLine, sync
from mobile_client.screens.kit import ROW_DP, AppScreen, Card, load_kv, row_data


class IssueCard(BoxLayout):
    """One choice with both values, or a refusal to acknowledge."""

    words = ObjectProperty(allownone=True)
    key = StringProperty()
    title = StringProperty()
    detail = StringProperty()
    mine = StringProperty()
    theirs = StringProperty()
    has_choice = BooleanProperty(defaultvalue=True)
    action = ObjectProperty(None, allownone=True)

    def choose(self, *, use_mine: bool) -> None:
        """Closes the issue."""
        if self.action is not None:
            self.action(self.key, use_mine=use_mine)


class SyncScreen(AppScreen):
    """The state of sending."""

    icon = StringProperty()
    tone = StringProperty("info")
    headline = StringProperty()
    detail = StringProperty()
    empty = StringProperty()
    who = StringProperty()

    def refresh(self) -> None:
        """Shows the outbox as the core has it."""
        text = sync(self.shell.core, self.words)
        self.icon, self.tone = text.icon, text.tone
        self.headline, self.detail = text.headline, text.detail
        self.empty, self.who = text.empty, text.who
        issues = [self._issue(issue) for issue in text.issues]
        self.ids.waiting.data = issues + [self._item(item) for item in text.items]

    def send_now(self) -> None:
        """Wakes the engine; never disabled."""
        self.shell.core.sync_now()

    def sign_out(self) -> None:
        """Signs out, or asks first when unsent work would be lost."""
        try:
            self.shell.core.sign_out()
        except OutboxNotEmpty as error:
            self.shell.ask(SignOutQuestion(words=self.words, shell=self.shell, count=error.count))
        else:
            self.shell.signed_out()

    def _issue(self, issue: IssueLine) -> dict[str, object]:
        height = dp(104) + sp(124 if issue.can_use_mine else 66)
        return {
            "kind": "IssueCard",
            "size": (None, height),
            "words": self.words,
            "key": issue.id,
            "title": issue.title,
            "detail": issue.detail,
            "mine": issue.mine,
            "theirs": issue.theirs,
            "has_choice": issue.can_use_mine,
            "action": self.shell.core.resolve_issue,
        }

    def _item(self, item: ItemLine) -> dict[str, object]:
        has_reason = item.tone == "warn"
        return row_data(
            size=(None, dp(28) + sp(76) if has_reason else dp(ROW_DP)),
            title=item.title,
            detail=item.detail,
            detail_lines=3 if has_reason else 1,
            trail=item.trail,
            icon=item.icon,
            tone=item.tone,
        )


class SignOutQuestion(Card):
    """Asks before unsent work is deleted, and offers to keep a sealed copy of it."""

    words = ObjectProperty()
    shell = ObjectProperty()
    text = StringProperty()
    passphrase = StringProperty()
    told = StringProperty()

    def __init__(self, count: int, **properties: object) -> None:
        super().__init__(**properties)
        self.text = self.words("{n} items are not sent yet. Signing out deletes them.", n=count)

    def stay(self) -> None:
        """Keeps everything and tries to send."""
        self.shell.answer()
        self.shell.core.sync_now()

    def keep_copy(self) -> None:
        """Seals what is unsent into a file on this phone; nothing else changes."""
        try:
            path = self.shell.core.keep_copy(self.passphrase)
        except EditError as error:
            is_full = error.code == "no_space"
            full = self.words("This phone is full. The copy was not kept.")
            self.told = full if is_full else self.words("The passphrase is too short.")
        else:
            self.told = self.words("Kept in {path}", path=path)

    def delete(self) -> None:
        """Signs out for good."""
        self.shell.answer()
        self.shell.core.sign_out(discard_outbox=True)
        self.shell.signed_out()


load_kv(__file__)
