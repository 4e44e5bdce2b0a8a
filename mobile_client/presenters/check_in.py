"""A check-in being filled in: every change is kept in the core, so nothing typed is lost."""

from dataclasses import dataclass, replace
from pathlib import Path

from mobile_client.facade import Core, GpsUnavailable
from mobile_client.i18n import Words
from mobile_client.presenters.badge import Tone
from mobile_client.presenters.map.projection import distance_m
from mobile_client.views import CheckInDraft, CheckInResult, Fix, Outcome

FIX_TIMEOUT_S = 20.0
GOOD_ACCURACY_M = 50.0
NEAR_M = 300.0


@dataclass(frozen=True, slots=True)
class GpsLine:
    """Where the phone thinks it is, in words."""

    text: str
    tone: Tone


class CheckInForm:
    """One account's check-in; `problem` is why there is no position, None while searching."""

    def __init__(self, core: Core, words: Words, account_id: str) -> None:
        self._core, self._words = core, words
        self._card = core.account(account_id)
        kept = core.draft(account_id)
        self.restored = ""
        if kept is None:
            self.draft = CheckInDraft(account_id, self._card.planned_visit_id)
        else:
            # A camera that was killed half way leaves a path without a file.
            photos = tuple(path for path in kept.photo_paths if path.exists())
            voice = kept.voice_path if kept.voice_path and kept.voice_path.exists() else None
            self.draft = replace(kept, photo_paths=photos, voice_path=voice)
            if kept.saved_at:
                moment = words.moment(kept.saved_at, core.now())
                self.restored = words("Draft of {time} restored", time=moment)
        self.problem: str | None = None
        self.is_recording = False

    @property
    def name(self) -> str:
        """The account's name."""
        return self._card.name

    @property
    def address(self) -> str:
        """The account's address."""
        return self._card.address

    def measure(self) -> Fix | GpsUnavailable:
        """Asks the GPS once; blocks, changes nothing."""
        try:
            return self._core.device.gps.fix(FIX_TIMEOUT_S)
        except GpsUnavailable as unavailable:
            return unavailable

    def use_fix(self, measured: Fix | GpsUnavailable) -> None:
        """Takes what `measure` found."""
        if isinstance(measured, GpsUnavailable):
            self.problem = measured.code
            return
        self.problem = None
        self._keep(replace(self.draft, fix=measured))

    @property
    def gps_line(self) -> GpsLine:
        """Accuracy and distance, or what is missing; saving is never blocked by it."""
        fix, words = self.draft.fix, self._words
        if self.problem is not None and fix is None:
            return GpsLine(words.label("gps_problem", self.problem), "warn")
        if fix is None:
            return GpsLine(words("Looking for your position…"), "info")
        accuracy = words("GPS ±{n} m", n=round(fix.accuracy_m))
        if fix.is_mock:
            return GpsLine(words("{gps} · simulated position", gps=accuracy), "warn")
        if self._card.lon is None or self._card.lat is None:
            return GpsLine(accuracy, "ok")
        away = distance_m((fix.lon, fix.lat), (self._card.lon, self._card.lat))
        line = words(
            "{gps} · {distance} from the shop", gps=accuracy, distance=words.distance(away)
        )
        is_good = fix.accuracy_m <= GOOD_ACCURACY_M and away <= NEAR_M + fix.accuracy_m
        return GpsLine(line, "ok" if is_good else "warn")

    def set_note(self, note: str) -> None:
        """Keeps the note."""
        if note != self.draft.note:
            self._keep(replace(self.draft, note=note))

    def begin_photo(self) -> Path:
        """A path to photograph into, kept in the draft before the camera may end this process."""
        path = self._core.new_media_path("photo")
        self._keep(replace(self.draft, photo_paths=(*self.draft.photo_paths, path)))
        return path

    def end_photo(self, path: Path, *, is_taken: bool) -> None:
        """Drops the path again when no photo was taken."""
        if not is_taken or not path.exists():
            kept = tuple(one for one in self.draft.photo_paths if one != path)
            self._keep(replace(self.draft, photo_paths=kept))

    def toggle_voice(self) -> None:
        """Starts a recording, or ends the running one; raises OSError when it cannot start."""
        microphone = self._core.device.microphone
        if self.is_recording:
            self.is_recording = False
            self._keep(replace(self.draft, voice_seconds=microphone.stop()))
            return
        path = self._core.new_media_path("voice")
        microphone.start(path)
        self.is_recording = True
        self._keep(replace(self.draft, voice_path=path, voice_seconds=0.0))

    def save(self, outcome: Outcome) -> CheckInResult:
        """Ends a running recording and saves it all; raises EditError."""
        if self.is_recording:
            self.toggle_voice()
        self.draft = replace(self.draft, outcome=outcome)
        return self._core.check_in(self.draft)

    def _keep(self, draft: CheckInDraft) -> None:
        self.draft = replace(draft, saved_at=self._core.now())
        self._core.save_draft(self.draft)
