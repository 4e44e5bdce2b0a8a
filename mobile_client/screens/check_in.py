"""Check-in: position by itself, photo and voice by one tap each, a tap on the outcome saves."""
# mypy: allow-subclassing-any
# Kivy ships no types.

from pathlib import Path

from kivy.clock import Clock, mainthread
from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from mobile_client.facade import EditError, GpsUnavailable
from mobile_client.presenters.check_in import CheckInForm
from mobile_client.screens.background import run_in_background
from mobile_client.screens.kit import AppScreen, load_kv
from mobile_client.views import Fix, Outcome

NOTE_DELAY_S = 0.3


class CheckInScreen(AppScreen):
    """The form of one check-in; only the note being typed lives here."""

    title = StringProperty()
    address = StringProperty()
    gps = StringProperty()
    gps_tone = StringProperty("info")
    restored = StringProperty()
    problem = StringProperty()
    photo_label = StringProperty()
    voice_label = StringProperty()
    photo = StringProperty()
    is_recording = BooleanProperty(defaultvalue=False)
    recorded_seconds = NumericProperty(0)

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        self._form: CheckInForm | None = None
        self._keep_note = Clock.create_trigger(lambda _: self._flush_note(), NOTE_DELAY_S)
        self._tick = Clock.create_trigger(lambda _: self._count(), 1, interval=True)

    def open(self, argument: object) -> None:
        """Starts or continues the account's check-in and asks for the position."""
        form = CheckInForm(self.shell.core, self.words, str(argument))
        self._form = None
        self.title, self.address, self.restored = form.name, form.address, form.restored
        self.ids.note.text, self.problem = form.draft.note, ""
        self._form = form
        self._show()
        run_in_background(form.measure, lambda found: self._measured(form, found))

    def leave(self) -> None:
        """Keeps the note and ends a running recording."""
        self._flush_note()
        if self._form and self._form.is_recording:
            self.toggle_voice()

    def type_note(self) -> None:
        """Keeps the note a moment after the last key."""
        self._keep_note.cancel()
        self._keep_note()

    def take_photo(self) -> None:
        """Opens the camera; the draft is saved first, as Android may end this process."""
        form = self._form
        if form is None:
            return
        self._flush_note()
        try:
            path = form.begin_photo()
        except EditError as error:
            self._tell(error)
            return
        done = mainthread(lambda is_taken: self._photographed(form, path, is_taken=is_taken))
        self.shell.core.device.camera.take(path, done)

    def toggle_voice(self) -> None:
        """Starts or ends the voice note."""
        if self._form is None:
            return
        try:
            self._form.toggle_voice()
        except EditError as error:
            self._tell(error)
        except OSError as error:
            self.problem = self.words("The microphone cannot be used: {reason}", reason=error)
        self.recorded_seconds = 0
        if self._form.is_recording:
            self._tick()
        else:
            self._tick.cancel()
        self._show()

    def save(self, outcome: Outcome) -> None:
        """Saves the check-in and returns to Today with a way to undo."""
        form = self._form
        if form is None:
            return
        self._keep_note.cancel()
        form.set_note(self.ids.note.text)
        try:
            result = form.save(outcome)
        except EditError as error:
            self._tell(error)
            return
        self._form = None
        self._tick.cancel()
        self.shell.checked_in(form.name, result.id)

    def _tell(self, error: EditError) -> None:
        self.problem = self.words.problem("edit_problem", error.code, error.message)

    def _measured(self, form: CheckInForm, found: Fix | GpsUnavailable) -> None:
        if form is self._form:
            form.use_fix(found)
            self._show()

    def _photographed(self, form: CheckInForm, path: Path, *, is_taken: bool) -> None:
        if form is not self._form:
            return
        form.end_photo(path, is_taken=is_taken)
        self.problem = "" if is_taken else self.words("No photo was taken")
        self._show()

    def _flush_note(self) -> None:
        self._keep_note.cancel()
        if self._form is not None:
            self._form.set_note(self.ids.note.text)

    def _count(self) -> None:
        self.recorded_seconds += 1
        self._show()

    def _show(self) -> None:
        form, words = self._form, self.words
        if form is None:
            return
        line, draft = form.gps_line, form.draft
        self.gps, self.gps_tone = line.text, line.tone
        self.is_recording = form.is_recording
        photos = draft.photo_paths
        self.photo_label = words("Photo ({n})", n=len(photos)) if photos else words("Photo")
        self.photo = str(photos[-1]) if photos and photos[-1].exists() else ""
        if form.is_recording:
            running = words.recording(self.recorded_seconds)
            self.voice_label = words("Stop {time}", time=running)
        elif draft.voice_path:
            length = words.recording(draft.voice_seconds)
            self.voice_label = words("Voice {time}", time=length)
        else:
            self.voice_label = words("Voice")


load_kv(__file__)
