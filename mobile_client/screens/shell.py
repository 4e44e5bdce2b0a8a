"""The frame round the screens: badge bar, places, the way back, messages."""
# mypy: allow-subclassing-any
# Kivy ships no types.

from collections.abc import Callable

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.screenmanager import NoTransition
from kivy.uix.widget import Widget

from mobile_client.facade import Core
from mobile_client.i18n import Words
from mobile_client.presenters.account_card import account_form, contact_form
from mobile_client.presenters.badge import badge
from mobile_client.presenters.replan import ReplanForm
from mobile_client.proposals import Mark
from mobile_client.screens.account import AccountScreen
from mobile_client.screens.accounts import AccountsScreen
from mobile_client.screens.check_in import CheckInScreen
from mobile_client.screens.edit import EditScreen
from mobile_client.screens.kit import AppScreen, NavItem, Snackbar, load_kv
from mobile_client.screens.map_screen import MapPane, MapScreen
from mobile_client.screens.replan import ReplanScreen
from mobile_client.screens.sync import SyncScreen
from mobile_client.screens.today import TodayScreen
from mobile_client.views import Topic

WIDE_DP = 840
SNACKBAR_S = 8
_MAP_TOPICS: frozenset[Topic] = frozenset({"today", "accounts", "map"})


class Question(FloatLayout):
    """A question over a dimmed window; nothing below it can be touched."""

    def on_touch_down(self, touch: object) -> bool:
        """Takes every touch."""
        super().on_touch_down(touch)
        return True


class Shell(FloatLayout):
    """All screens of a signed-in user; reads the core, keeps no state but where the user is."""

    words = ObjectProperty()
    is_wide = BooleanProperty(defaultvalue=False)
    place = StringProperty("today")
    is_at_place = BooleanProperty(defaultvalue=True)

    def __init__(
        self,
        core: Core,
        words: Words,
        *,
        on_signed_out: Callable[[], None],
        on_language: Callable[[], None],
    ) -> None:
        self.core, self.signed_out, self.switch_language = core, on_signed_out, on_language
        self._history: list[tuple[str, object]] = []
        self._snackbar: Snackbar | None = None
        self._question: Question | None = None
        super().__init__(words=words)
        self.map_pane = MapPane(words=words, shell=self)
        self._screens = self._build_screens()
        self._places = self._build_places()
        self._hide_snackbar = Clock.create_trigger(lambda _: self.hide_toast(), SNACKBAR_S)
        Window.bind(size=self._fit)
        self._fit()
        self.go("today")

    def close(self) -> None:
        """Lets go of the window and the map's files."""
        self._current().leave()
        self._hide_snackbar.cancel()
        Window.unbind(size=self._fit)
        self.map_pane.close()

    # Ways

    def go(self, place: str) -> None:
        """Shows one of the main places."""
        if place == "map" and self.is_wide:
            place = "today"
        self._history.clear()
        self.place = place
        self._show(place, None)

    def open_account(self, account_id: str) -> None:
        """Shows an account's card."""
        self._push("account", account_id)

    def open_check_in(self, account_id: str) -> None:
        """Starts or continues a check-in."""
        self._push("check_in", account_id)

    def open_account_form(self, account_id: str) -> None:
        """Edits an account."""
        self._push("edit", account_form(self.core, self.words, account_id))

    def open_contact_form(self, account_id: str, contact_id: str | None) -> None:
        """Edits a contact, or adds one."""
        self._push("edit", contact_form(self.core, self.words, account_id, contact_id))

    def open_replan(self, account_id: str = "", mark: Mark | None = None) -> None:
        """Plans the rest of today anew, beginning with what is the matter with an account."""
        marks = {account_id: mark} if mark is not None else {}
        self._push("replan", ReplanForm(self.core, self.words, marks))

    def back(self) -> bool:
        """Goes one step back; False on Today, where the system may leave the app."""
        if self._question is not None:
            self.answer()
            return True
        if self._history:
            self._history.pop()
            self._show(*(self._history[-1] if self._history else (self.place, None)))
            return True
        if self.place != "today":
            self.go("today")
            return True
        return False

    def checked_in(self, name: str, result_id: str) -> None:
        """Returns to Today and offers to undo for some seconds."""
        self.go("today")
        self.toast(
            self.words("Checked in: {name}", name=name),
            self.words("Undo"),
            lambda: self._undo(result_id),
        )

    def replanned(self, result_id: str) -> None:
        """Returns to Today, which goes in the new order, and offers to undo."""
        self.go("today")
        self.toast(
            self.words("New order saved"),
            self.words("Undo"),
            lambda: self._told(is_undone=self.core.undo_replan(result_id)),
        )

    # What is shown

    def refresh(self, topics: frozenset[Topic] = _MAP_TOPICS) -> None:
        """Reads the core again for the badge, the screen and the map; the map only if it changed.

        Sending tells of itself often, and the map's features are the largest reading.
        """
        bar = badge(self.core.sync_status(), self.words)
        self.ids.badge.text, self.ids.badge.icon, self.ids.badge.tone = bar.text, bar.icon, bar.tone
        is_map_changed = bool(topics & _MAP_TOPICS)
        current = self._current()
        if is_map_changed or current is not self._screens["map"]:
            current.refresh()
        if is_map_changed and self.is_wide:
            self.map_pane.refresh()

    def leave(self) -> None:
        """Keeps what is being typed: the system may end the app at any time now."""
        self._current().leave()

    def toast(
        self, text: str, action: str = "", on_action: Callable[[], None] | None = None
    ) -> None:
        """Shows a message for some seconds."""
        self.hide_toast()
        self._snackbar = Snackbar(text=text, action=action)
        if on_action is not None:
            self._snackbar.bind(on_pressed=lambda _: on_action())
        self.add_widget(self._snackbar)
        self._place_snackbar()
        self._hide_snackbar()

    def hide_toast(self) -> None:
        """Takes the message away."""
        self._hide_snackbar.cancel()
        if self._snackbar is not None:
            self.remove_widget(self._snackbar)
            self._snackbar = None

    def ask(self, question: Widget) -> None:
        """Shows a question until `answer`."""
        self.answer()
        self._question = Question()
        self._question.add_widget(question)
        self.add_widget(self._question)

    def answer(self) -> None:
        """Takes the question away."""
        if self._question is not None:
            self.remove_widget(self._question)
            self._question = None

    def _undo(self, result_id: str) -> None:
        is_undone = self.core.undo_check_in(result_id)
        self._told(self.words("Check-in undone"), is_undone=is_undone)

    def _told(self, undone: str = "", *, is_undone: bool) -> None:
        self.refresh()
        late = self.words("Already sent, it cannot be undone")
        self.toast((undone or self.words("As it was before")) if is_undone else late)

    def _build_screens(self) -> dict[str, AppScreen]:
        self.ids.screens.transition = NoTransition()
        kinds: dict[str, type[AppScreen]] = {
            "today": TodayScreen,
            "map": MapScreen,
            "accounts": AccountsScreen,
            "sync": SyncScreen,
            "account": AccountScreen,
            "edit": EditScreen,
            "check_in": CheckInScreen,
            "replan": ReplanScreen,
        }
        screens = {}
        for name, kind in kinds.items():
            screens[name] = kind(name=name, words=self.words, shell=self)
            self.ids.screens.add_widget(screens[name])
        return screens

    def _build_places(self) -> list[NavItem]:
        words = self.words
        places = [
            NavItem(name="today", text=words("Today"), icon="today"),
            NavItem(name="map", text=words("Map"), icon="map"),
            NavItem(name="accounts", text=words("Accounts"), icon="store"),
            NavItem(name="sync", text=words("Sync"), icon="sync"),
        ]
        for place in places:
            place.bind(on_release=lambda pressed: self.go(pressed.name))
        return places

    def _push(self, name: str, argument: object) -> None:
        self._history.append((name, argument))
        self._show(name, argument)

    def _current(self) -> AppScreen:
        return self._screens[self.ids.screens.current]

    def _show(self, name: str, argument: object) -> None:
        self._current().leave()
        self.map_pane.hide_card()
        self.hide_toast()
        self._screens[name].open(argument)
        self.ids.screens.current = name
        self.is_at_place = not self._history
        for item in self._places:
            item.is_active = item.name == self.place
        self.refresh()

    def _fit(self, *_: object) -> None:
        """Puts list and map side by side on a wide window, the places at the left edge."""
        self.is_wide = Window.width >= dp(WIDE_DP)
        self._move(self.map_pane, self.ids.beside if self.is_wide else self._screens["map"])
        for place in self._places:
            self._move(place, self.ids.rail if self.is_wide else self.ids.nav)
        if self.is_wide:
            # The map is always in sight there.
            self.ids.rail.remove_widget(self._places[1])
            if self.place == "map":
                self.go("today")
        self._place_snackbar()

    def _move(self, widget: Widget, home: Widget) -> None:
        if widget.parent is not home:
            if widget.parent is not None:
                widget.parent.remove_widget(widget)
            home.add_widget(widget)

    def _place_snackbar(self) -> None:
        if self._snackbar is not None:
            self._snackbar.width = min(dp(480), Window.width - dp(32))
            self._snackbar.pos_hint = {"center_x": 0.5}
            self._snackbar.y = dp(16) if self.is_wide else dp(96)


load_kv(__file__)
