"""The proposal in words: every reason in both languages, and what the change costs."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import mobile_client
from backend.routes.day.plan import Reason
from mobile_client.facade import EditError
from mobile_client.i18n import Words
from mobile_client.presenters.replan import ReplanForm, ReplanText, left_out_reason, problem_of
from mobile_client.proposals import LEFT_OUT, MARKS, Cost, Proposal, ProposedDrop, ProposedStop
from mobile_client.views import Fix
from tests.support.fake_core import FakeCore

NOON = datetime(2025, 11, 21, 10, 0, tzinfo=UTC)
VI, EN = Words("vi", "Europe/Helsinki"), Words("en", "Europe/Helsinki")
CODES = sorted({reason.value for reason in Reason} - {"not_chosen"} | LEFT_OUT | {"not_later"})


def proposal() -> Proposal:
    """A closed shop saves eight minutes; the second visit is an estimate after lunch."""
    later = NOON + timedelta(hours=2)
    return Proposal(
        route_id="r",
        made_at=NOON,
        reason="closed",
        stops=(
            ProposedStop("a", "va", "Aalto", 2, NOON, NOON, NOON, 450, 120, "urgent"),
            ProposedStop("b", None, "Bến", None, later, later, later, 1200, 300, is_estimate=True),
        ),
        dropped=(ProposedDrop("c", "vc", "Cà phê", "no_time_left", {"short_s": 601}),),
        before=Cost(3, 9000, 1800, later),
        after=Cost(2, 7000, 1320, later),
        lunch_at=NOON + timedelta(hours=1),
        lunch_minutes=45,
        is_estimate=True,
    )


def text_of(core: FakeCore, words: Words, found: Proposal) -> ReplanText:
    form = ReplanForm(core, words)
    assert form.text() is None, "nothing is shown before there is a proposal"
    assert form.take(form.wish, found)
    text = form.text()
    assert text is not None
    return text


@pytest.mark.parametrize("code", CODES)
def test_every_reason_has_words_of_its_own(code: str) -> None:
    for locale in ("vi", "en"):
        path = Path(mobile_client.__file__).parent / "locale" / f"{locale}.toml"
        assert code in tomllib.loads(path.read_text("utf-8"))["left_out"]
    assert left_out_reason(code, {}, VI) != left_out_reason(code, {}, EN)


def test_a_reason_tells_how_much_is_missing() -> None:
    assert left_out_reason("no_time_left", {"short_s": 601}, EN).endswith("11 min short")
    assert "25 phút" in left_out_reason("outside_shift", {"shift_later_s": 1500}, VI)
    assert left_out_reason("lower_value", {"extra_travel_s": 540}, EN).endswith(
        "9 min more on the way"
    )


def test_the_new_order_stands_beside_the_former(tmp_path: Path) -> None:
    text = text_of(FakeCore(tmp_path), EN, proposal())
    assert text.after == "New: 2 visits · 7.0 km · 22 min on the way · ends 14:00"
    assert text.before.startswith("As it is: 3 visits · 9.0 km")
    assert text.change == "On the way: −8 min, −2.0 km"
    titles = [line.title for line in text.lines]
    assert titles == [
        "Tap a visit to change it", "1. Aalto", "Lunch, 45 min", "2. Bến", "Left out", "Cà phê",
    ]  # fmt: skip
    first, second = text.lines[1], text.lines[3]
    assert first.detail == "Go there first · was 2 · 450 m"
    assert (second.detail, second.trail) == ("new today · 1.2 km", "≈ 14:00")
    assert text.lines[-1].detail == "No time left: 11 min short"
    assert text.hint


def test_what_was_asked_before_the_last_word_is_dropped(tmp_path: Path) -> None:
    core = FakeCore(tmp_path)
    form = ReplanForm(core, EN)
    first = form.wish
    form.toggle_traffic()
    assert form.is_traffic_heavy
    assert not form.take(first, proposal())
    account_id = core.today().stops[0].account_id
    form.mark(account_id, "closed")
    assert [choice.mark for choice in form.choices(account_id)] == [
        *(mark for mark in MARKS if mark != "closed"), None,
    ]  # fmt: skip
    form.mark(account_id, None)
    assert form.wish.marks == {}


def test_a_position_that_is_good_enough_is_used(tmp_path: Path) -> None:
    form = ReplanForm(FakeCore(tmp_path), EN)
    assert not form.use_fix(Fix(24.9, 60.1, 900.0, is_mock=False, captured_at=NOON))
    assert form.use_fix(form.measure())
    assert form.wish.position is not None


def test_a_day_without_a_plan_is_told(tmp_path: Path) -> None:
    core = FakeCore(tmp_path, stops=0)
    form = ReplanForm(core, EN)
    found = form.plan(form.wish)
    assert isinstance(found, EditError)
    assert "no plan for today" in problem_of(found, EN)
    with pytest.raises(EditError):
        form.accept()
