from datetime import timedelta
from pathlib import Path

import pytest

from mobile_client.i18n import Words
from mobile_client.presenters.sync import sync
from mobile_client.views import IssueItem, OutboxItem, SyncStatus
from tests.support.fake_core import FakeCore

WORDS = Words("vi", "Europe/Helsinki")


@pytest.fixture
def core(tmp_path: Path) -> FakeCore:
    return FakeCore(tmp_path)


def test_each_items_state_is_told_in_words(core: FakeCore) -> None:
    at = core.now()
    items = (
        OutboxItem("1", "check_in", "Aalto", "a", at, "waiting"),
        OutboxItem("2", "photo", "Aalto", "a", at, "sending", sent_bytes=1, total_bytes=3),
        OutboxItem("3", "contact", "Aalto", "a", at, "retry", tries=2, error="Hết giờ."),
        OutboxItem("4", "note", "Aalto", "a", at, "retry", tries=1),
    )
    core.set_status(SyncStatus("idle", 4, items))
    lines = sync(core, WORDS).items
    assert [line.detail for line in lines] == [
        "Đã lưu trên máy, chờ gửi",
        "Đang gửi 33 %",
        "Lần 2 chưa gửi được: Hết giờ. Sẽ thử lại.",
        "Lần 1 chưa gửi được: máy chủ không trả lời. Sẽ thử lại.",
    ]
    assert lines[0].title == "Điểm danh: Aalto"


def test_offline_tells_when_it_tries_again(core: FakeCore) -> None:
    now = core.now()
    core.set_status(
        SyncStatus(
            "offline",
            0,
            last_sync_at=now - timedelta(days=1),
            next_try_at=now + timedelta(minutes=4),
        )
    )
    text = sync(core, WORDS)
    assert text.detail == "Đồng bộ lần cuối lúc 20/11, 10:42. Thử lại lúc 10:46."
    assert text.empty == "Không có gì chờ gửi trên máy này."


def test_a_choice_shows_both_values_and_who_changed_it(core: FakeCore) -> None:
    issue = IssueItem(
        id="i",
        kind="account",
        subject="Aalto",
        account_id="a",
        field="phone",
        mine="+358 1",
        theirs="",
        who="Minh",
        at=core.now(),
        can_use_mine=True,
    )
    core.set_status(SyncStatus("idle", 0, issues=(issue,)))
    line = sync(core, WORDS).issues[0]
    assert line.detail == "Minh cũng đã sửa “Điện thoại”."
    assert (line.mine, line.theirs) == ("+358 1", "(trống)")


def test_a_refusal_tells_the_servers_sentence(core: FakeCore) -> None:
    issue = IssueItem(
        id="i",
        kind="contact",
        subject="Aalto",
        account_id="a",
        field="",
        mine="",
        theirs="",
        who="",
        at=core.now(),
        can_use_mine=False,
        message="The contact was deleted.",
    )
    core.set_status(SyncStatus("idle", 0, issues=(issue,)))
    line = sync(core, WORDS).issues[0]
    assert (line.detail, line.can_use_mine) == ("The contact was deleted.", False)
