from datetime import UTC, datetime

import pytest

from mobile_client.i18n import Words
from mobile_client.presenters.badge import badge
from mobile_client.views import IssueItem, SyncState, SyncStatus

WORDS = Words("vi")
ISSUE = IssueItem(
    id="i",
    kind="account",
    subject="A",
    account_id="a",
    field="phone",
    mine="1",
    theirs="2",
    who="Minh",
    at=datetime(2025, 11, 21, tzinfo=UTC),
    can_use_mine=True,
)


@pytest.mark.parametrize(
    ("state", "waiting", "text", "tone"),
    [
        ("idle", 0, "Đã gửi hết", "ok"),
        ("syncing", 0, "Đã gửi hết", "ok"),
        ("idle", 3, "3 mục chờ gửi", "info"),
        ("syncing", 3, "Đang gửi 3 mục…", "info"),
        ("offline", 3, "Ngoại tuyến – đã lưu 3 mục trên máy", "warn"),
        ("offline", 0, "Ngoại tuyến – đã gửi hết", "warn"),
        ("error", 2, "Đồng bộ bị dừng – giữ 2 mục trên máy", "warn"),
    ],
)
def test_the_bar_tells_what_became_of_my_work(
    state: SyncState, waiting: int, text: str, tone: str
) -> None:
    told = badge(SyncStatus(state, waiting), WORDS)
    assert (told.text, told.tone) == (text, tone)
    assert told.icon


def test_a_choice_comes_before_everything_else() -> None:
    told = badge(SyncStatus("offline", 5, issues=(ISSUE,)), WORDS)
    assert (told.text, told.tone) == ("1 mục cần bạn chọn", "error")
