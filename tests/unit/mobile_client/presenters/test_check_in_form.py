from datetime import timedelta
from pathlib import Path

import pytest

from mobile_client.i18n import Words
from mobile_client.presenters.check_in import CheckInForm
from tests.support.fake_core import FakeCore

WORDS = Words("vi", "Europe/Helsinki")
# One ten-thousandth of a degree of latitude is 11.1 m.
TENTH_MILLIDEGREE_M = 11.1


@pytest.fixture
def core(tmp_path: Path) -> FakeCore:
    return FakeCore(tmp_path)


@pytest.fixture
def form(core: FakeCore) -> CheckInForm:
    return CheckInForm(core, WORDS, core.today().stops[0].account_id)


def stand(core: FakeCore, form: CheckInForm, north_m: float) -> None:
    stop = core.today().stops[0]
    core.gps.at = (stop.lon, stop.lat + north_m / TENTH_MILLIDEGREE_M / 10_000)
    form.use_fix(form.measure())


def test_accuracy_and_distance_are_told(core: FakeCore, form: CheckInForm) -> None:
    stand(core, form, 120)
    assert (form.gps_line.text, form.gps_line.tone) == ("GPS ±8 m · cách cửa hàng 120 m", "ok")


def test_far_away_is_a_warning_and_not_a_block(core: FakeCore, form: CheckInForm) -> None:
    stand(core, form, 1240)
    assert form.gps_line.text.endswith("cách cửa hàng 1,2 km")
    assert form.gps_line.tone == "warn"
    assert form.save("met").visit_id == "visit-1"


def test_a_simulated_position_is_named(core: FakeCore, form: CheckInForm) -> None:
    core.gps.is_mock = True
    stand(core, form, 0)
    assert form.gps_line.text == "GPS ±8 m · vị trí giả lập"


@pytest.mark.parametrize("problem", ["denied", "off", "timeout"])
def test_without_a_position_the_reason_is_told(
    core: FakeCore, form: CheckInForm, problem: str
) -> None:
    core.gps.problem = problem
    form.use_fix(form.measure())
    assert form.gps_line.tone == "warn"
    assert form.gps_line.text == WORDS.label("gps_problem", problem)


def test_every_change_is_kept_at_once(core: FakeCore, form: CheckInForm) -> None:
    form.set_note("Hẹn thứ Sáu")
    stand(core, form, 20)
    kept = core.draft(core.today().stops[0].account_id)
    assert kept is not None
    assert (kept.note, kept.fix, kept.saved_at) == ("Hẹn thứ Sáu", form.draft.fix, core.now())


def test_the_photo_is_in_the_draft_before_the_camera_opens(
    core: FakeCore, form: CheckInForm
) -> None:
    path = form.begin_photo()
    kept = core.draft(core.today().stops[0].account_id)
    assert kept is not None
    assert kept.photo_paths == (path,)


def test_a_photo_that_was_given_up_leaves_the_draft(core: FakeCore, form: CheckInForm) -> None:
    core.camera.is_given_up = True
    path = form.begin_photo()
    core.camera.take(path, lambda is_taken: form.end_photo(path, is_taken=is_taken))
    assert form.draft.photo_paths == ()


def test_a_draft_survives_the_end_of_the_app(core: FakeCore, form: CheckInForm) -> None:
    form.set_note("Hẹn thứ Sáu")
    lost = form.begin_photo()
    core.clock.at += timedelta(minutes=5)
    again = CheckInForm(core, WORDS, core.today().stops[0].account_id)
    assert not lost.exists()
    assert (again.draft.note, again.draft.photo_paths) == ("Hẹn thứ Sáu", ())
    assert again.restored == "Đã khôi phục bản nháp lúc 10:42"


def test_saving_ends_a_running_recording(core: FakeCore, form: CheckInForm) -> None:
    form.toggle_voice()
    form.save("refused")
    (saved,) = core.saved
    assert saved.voice_path is not None
    assert saved.voice_path.exists()
    assert (saved.voice_seconds, saved.outcome) == (7.0, "refused")
