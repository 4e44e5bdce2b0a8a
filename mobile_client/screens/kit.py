"""The small set of widgets every screen is made of; their looks are in kit.kv."""
# mypy: allow-subclassing-any
# Kivy ships no types.

from pathlib import Path

from kivy.lang import Builder
from kivy.metrics import dp
from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.screenmanager import Screen

from mobile_client.screens.icons import Icon
from mobile_client.screens.theme import T

__all__ = ["Icon"]

ROW_DP, HEADING_DP = 72, 44


def load_kv(module_file: str) -> None:
    """Loads the kv file beside a module, once."""
    path = str(Path(module_file).with_suffix(".kv"))
    if path not in Builder.files:
        Builder.load_file(path)


class Txt(Label):
    """A line of text, shortened with an ellipsis at the width it has."""


class Para(Label):
    """Text that wraps and is as high as it needs."""


class Btn(ButtonBehavior, BoxLayout):
    """A button 56 dp high with an icon, a text or both."""

    text = StringProperty()
    icon = StringProperty()
    bg = ColorProperty(T.primary)
    fg = ColorProperty(T.on_primary)
    border = ColorProperty(T.clear)


class IconBtn(ButtonBehavior, BoxLayout):
    """A round button of 48 dp."""

    icon = StringProperty()
    bg = ColorProperty(T.clear)
    fg = ColorProperty(T.ink)
    border = ColorProperty(T.clear)


class Card(BoxLayout):
    """A rounded surface."""

    bg = ColorProperty(T.container)
    border = ColorProperty(T.clear)
    radius = NumericProperty("16dp")


class Row(ButtonBehavior, BoxLayout):
    """A list's line; made from `row_data`, as rows are used again for other lines."""

    key = StringProperty()
    title = StringProperty()
    detail = StringProperty()
    trail = StringProperty()
    icon = StringProperty()
    picture = StringProperty()
    tone = StringProperty("info")
    is_strong = BooleanProperty(defaultvalue=True)
    is_faded = BooleanProperty(defaultvalue=False)
    detail_lines = NumericProperty(1)
    action = ObjectProperty(None, allownone=True)

    def on_release(self) -> None:
        """Runs the row's action with its key."""
        if self.action is not None:
            self.action(self.key)


def row_data(**wanted: object) -> dict[str, object]:
    """A row's data with every key set: one left out would keep the value of another line."""
    data: dict[str, object] = {
        "kind": "Row",
        "size": (None, dp(ROW_DP)),
        "key": "",
        "title": "",
        "detail": "",
        "trail": "",
        "icon": "",
        "picture": "",
        "tone": "info",
        "is_strong": True,
        "is_faded": False,
        "detail_lines": 1,
        "action": None,
    }
    return data | wanted


class Heading(BoxLayout):
    """A section's title in a list."""

    title = StringProperty()


class NavItem(ButtonBehavior, BoxLayout):
    """One of the main places."""

    name = StringProperty()
    text = StringProperty()
    icon = StringProperty()
    is_active = BooleanProperty(defaultvalue=False)


class BadgeBar(ButtonBehavior, BoxLayout):
    """The state of sending, above every screen; a tap opens the details."""

    text = StringProperty()
    icon = StringProperty("cloud_done")
    tone = StringProperty("info")


class Snackbar(BoxLayout):
    """A short message that passes; `action` is a word to tap, if any."""

    text = StringProperty()
    action = StringProperty()

    __events__ = ("on_pressed",)

    def on_pressed(self) -> None:
        """The word was tapped."""


class Field(BoxLayout):
    """A labelled text field with its problem below."""

    label = StringProperty()
    text = StringProperty()
    problem = StringProperty()
    keyboard = StringProperty("text")
    is_secret = BooleanProperty(defaultvalue=False)

    __events__ = ("on_submit",)

    def on_submit(self) -> None:
        """Enter was pressed."""


class TopBar(BoxLayout):
    """A sub-screen's title with the way back."""

    title = StringProperty()
    detail = StringProperty()

    __events__ = ("on_back",)

    def on_back(self) -> None:
        """The way back was tapped."""


class AppScreen(Screen):
    """A screen of the shell; `words` speak the user's language, `shell` leads elsewhere."""

    words = ObjectProperty()
    shell = ObjectProperty()

    def open(self, argument: object) -> None:
        """Shows what the argument names; screens of one content take none."""

    def refresh(self) -> None:
        """Reads the core again and shows it; what is being typed stays."""

    def leave(self) -> None:
        """Keeps what is being typed; called before another screen is shown."""


load_kv(__file__)
