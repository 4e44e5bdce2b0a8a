from datetime import date
from pathlib import Path

from mobile_client.i18n import Words
from mobile_client.presenters.today import today
from mobile_client.views import CheckInDraft, SyncStatus
from tests.support.fake_core import FakeCore
from tests.support.sample_day import LATE_STOP

WORDS = Words("vi", "Europe/Helsinki")


def test_the_next_stop_is_the_first_without_a_check_in(tmp_path: Path) -> None:
    core = FakeCore(tmp_path)
    first, second = core.today().stops[:2]
    core.check_in(CheckInDraft(first.account_id, first.visit_id, outcome="ordered"))
    text = today(core, WORDS)
    assert text.progress == "Xong 1/8"
    assert text.next_stop is not None
    assert text.next_stop.account_id == second.account_id
    assert text.next_stop.when == "11:25 · 660 m"


def test_a_stop_that_is_done_tells_its_outcome_and_that_it_waits(tmp_path: Path) -> None:
    core = FakeCore(tmp_path)
    first = core.today().stops[0]
    core.check_in(CheckInDraft(first.account_id, first.visit_id, outcome="ordered"))
    line = today(core, WORDS).lines[0]
    assert (line.title, line.detail) == (f"1. {first.name}", "Đặt hàng · chờ gửi")
    assert line.is_done


def test_a_stop_says_what_it_is_for_and_when_it_is_not_as_preferred(tmp_path: Path) -> None:
    lines = today(FakeCore(tmp_path), WORDS).lines
    told = [number for number, line in enumerate(lines, 1) if "Ngoài giờ khách muốn" in line.detail]
    assert told == [LATE_STOP]
    assert lines[LATE_STOP - 1].detail.startswith("Giao hàng · Ngoài giờ khách muốn · ")
    assert "Ghé" not in lines[0].detail


def test_the_summary_tells_length_and_end_of_the_day(tmp_path: Path) -> None:
    text = today(FakeCore(tmp_path), WORDS)
    assert text.date == "Thứ Sáu, 21/11"
    assert text.summary == "8,6 km · đi đường 42 phút · xong lúc 15:42"


def test_a_day_without_a_route_says_what_to_do(tmp_path: Path) -> None:
    core = FakeCore(tmp_path, stops=0)
    text = today(core, WORDS)
    assert core.today().on == date(2025, 11, 21)
    assert (text.next_stop, text.lines, text.progress) == (None, (), "")
    assert text.empty.startswith("Hôm nay chưa có lịch")


def test_before_the_first_sync_the_day_is_on_its_way(tmp_path: Path) -> None:
    core = FakeCore(tmp_path, stops=0)
    core.set_status(SyncStatus("syncing", 0))
    assert today(core, WORDS).empty == "Đang tải khách hàng và lịch ghé thăm hôm nay…"


def test_a_finished_day_says_so(tmp_path: Path) -> None:
    core = FakeCore(tmp_path, stops=1)
    stop = core.today().stops[0]
    core.check_in(CheckInDraft(stop.account_id, stop.visit_id, outcome="met"))
    assert today(core, WORDS).empty == "Đã ghé thăm hết các điểm hôm nay."
