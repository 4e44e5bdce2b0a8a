"""Sign in: the only screen without a session."""
# mypy: allow-subclassing-any
# Kivy ships no types.

from collections.abc import Callable

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from mobile_client.facade import Core, SignInError
from mobile_client.screens.background import run_in_background
from mobile_client.screens.kit import load_kv
from mobile_client.views import Session


class SignInScreen(BoxLayout):
    """Asks for email and password; `on_signed_in` of the app takes over."""

    words = ObjectProperty()
    email = StringProperty()
    password = StringProperty()
    problem = StringProperty()
    is_busy = BooleanProperty(defaultvalue=False)

    def __init__(
        self,
        core: Core,
        on_signed_in: Callable[[], None],
        on_language: Callable[[], None],
        **properties: object,
    ) -> None:
        self._core, self._on_signed_in, self.switch_language = core, on_signed_in, on_language
        super().__init__(**properties)

    def sign_in(self) -> None:
        """Asks the server in the background; a second tap while it runs does nothing."""
        if self.is_busy:
            return
        email, password = self.email.strip(), self.password
        if not email or not password:
            self.problem = self.words("Enter email and password.")
            return
        self.problem, self.is_busy = "", True

        def ask() -> Session | SignInError:
            try:
                return self._core.sign_in(email, password)
            except SignInError as error:
                return error

        run_in_background(ask, self._answered)

    def _answered(self, answer: Session | SignInError) -> None:
        self.is_busy = False
        if isinstance(answer, SignInError):
            self.problem = self.words.problem("sign_in_problem", answer.code, answer.message)
        else:
            self._on_signed_in()


load_kv(__file__)
