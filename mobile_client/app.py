"""The app's window: sign in, then the shell; told by the core what changed."""
# mypy: allow-subclassing-any, allow-untyped-decorators
# Kivy ships no types.

from kivy.app import App
from kivy.clock import Clock, mainthread
from kivy.core.window import Window
from kivy.uix.boxlayout import BoxLayout

from mobile_client.facade import Core
from mobile_client.i18n import Words
from mobile_client.screens.shell import Shell
from mobile_client.screens.sign_in import SignInScreen
from mobile_client.screens.theme import T, register_fonts
from mobile_client.views import Topic

_BACK_KEY = 27


class TuyenApp(App):
    """Shows a core; `locale` is the user's own choice, empty for the session's."""

    title = "Tuyen"

    def __init__(self, core: Core, locale: str = "") -> None:
        super().__init__()
        self.core = core
        self._locale = locale
        self._topics: set[Topic] = set()
        self._catch_up = Clock.create_trigger(lambda _: self._refresh())
        self.shell: Shell | None = None

    @property
    def words(self) -> Words:
        """Speaks the chosen language, else the user's, else Vietnamese."""
        session = self.core.session
        locale = self._locale or (session.locale if session else "vi")
        return Words(locale, session.time_zone if session else "")

    def build(self) -> BoxLayout:
        """The window's root; what it holds depends on the session."""
        register_fonts()
        Window.clearcolor = T.surface
        Window.softinput_mode = "below_target"
        Window.bind(on_keyboard=self._key)
        self._unsubscribe = self.core.subscribe(self._changed)
        frame = BoxLayout()
        self.show(frame)
        return frame

    def show(self, frame: BoxLayout | None = None) -> None:
        """Builds the sign-in screen or the shell anew, as the session and language are now."""
        home = frame or self.root
        if self.shell is not None:
            self.shell.close()
            self.shell = None
        home.clear_widgets()
        if self.core.session is None:
            screen = SignInScreen(self.core, self.show, self.switch_language, words=self.words)
            home.add_widget(screen)
            return
        self.shell = Shell(
            self.core, self.words, on_signed_out=self.show, on_language=self.switch_language
        )
        home.add_widget(self.shell)

    def switch_language(self) -> None:
        """Changes between Vietnamese and English."""
        self._locale = "en" if self.words.locale == "vi" else "vi"
        self.show()

    def on_pause(self) -> bool:
        """Keeps what is being typed; Android may end the process without another word."""
        if self.shell is not None:
            self.shell.leave()
        return True

    def on_resume(self) -> None:
        """Sends what waited meanwhile."""
        self.core.sync_now()

    def on_stop(self) -> None:
        """Lets go of core and window."""
        self._unsubscribe()
        self._catch_up.cancel()
        Window.unbind(on_keyboard=self._key)
        if self.shell is not None:
            self.shell.close()
            self.shell = None

    def _key(self, _window: object, key: int, *_: object) -> bool:
        return key == _BACK_KEY and self.shell is not None and self.shell.back()

    @mainthread
    def _changed(self, topic: Topic) -> None:
        """Collects the topics of one frame; the core calls this on any thread."""
        self._topics.add(topic)
        self._catch_up()

    def _refresh(self) -> None:
        topics, self._topics = frozenset(self._topics), set()
        has_shell = self.shell is not None
        if "session" in topics and has_shell != (self.core.session is not None):
            self.show()
        elif self.shell is not None:
            self.shell.refresh(topics)
