from dataclasses import replace

import pytest

from mobile_client.views import IssueItem, OutboxItem, SyncStatus
from tests.support.fake_core import FakeCore
from tests.support.kivy_driver import Driver


def issue(core: FakeCore, number: int, *, can_use_mine: bool) -> IssueItem:
    return IssueItem(
        id=f"i{number}",
        kind="account",
        subject="Aalto",
        account_id="a",
        field="phone",
        mine="+358 1",
        theirs="+358 2",
        who="Minh",
        at=core.now(),
        can_use_mine=can_use_mine,
        message="The account was deleted.",
    )


def waiting(core: FakeCore, count: int) -> tuple[OutboxItem, ...]:
    return tuple(
        OutboxItem(str(n), "check_in", f"Aalto {n}", "a", core.now(), "waiting")
        for n in range(count)
    )


def test_a_change_on_another_thread_reaches_the_bar(ui: Driver, core: FakeCore) -> None:
    core.set_status(SyncStatus("offline", 3, waiting(core, 3)))
    ui.until(lambda: "Ngoại tuyến – đã lưu 3 mục trên máy" in ui.texts())


def test_the_bar_opens_the_details_and_send_now_wakes_the_engine(
    ui: Driver, core: FakeCore
) -> None:
    core.set_status(SyncStatus("offline", 2, waiting(core, 2)))
    ui.tap(ui.find("BadgeBar"))
    assert "Điểm danh: Aalto 1" in ui.texts()
    ui.tap(ui.find("Btn", text="Gửi ngay"))
    assert core.sync_calls == 1


@pytest.mark.parametrize(("button", "use_mine"), [("Giữ của tôi", True), ("Giữ của họ", False)])
def test_a_choice_is_made_on_the_phone(
    ui: Driver, core: FakeCore, button: str, *, use_mine: bool
) -> None:
    core.set_status(SyncStatus("idle", 0, issues=(issue(core, 1, can_use_mine=True),)))
    ui.tap(ui.find("BadgeBar"))
    assert {"1 mục cần bạn chọn", "+358 1", "+358 2"} <= set(ui.texts())
    ui.tap(ui.find("Btn", text=button))
    assert core.resolved == [("i1", use_mine)]
    ui.until(lambda: "1 mục cần bạn chọn" not in ui.texts())


def test_a_refusal_is_read_and_put_away(ui: Driver, core: FakeCore) -> None:
    core.set_status(SyncStatus("idle", 0, issues=(issue(core, 1, can_use_mine=False),)))
    ui.tap(ui.find("BadgeBar"))
    assert "The account was deleted." in ui.texts()
    assert not ui.all("Btn", text="Giữ của tôi")
    ui.tap(ui.find("Btn", text="Đã hiểu"))
    assert core.resolved == [("i1", False)]


def test_signing_out_with_unsent_work_asks_first(ui: Driver, core: FakeCore) -> None:
    core.set_status(SyncStatus("offline", 2, waiting(core, 2)))
    ui.tap(ui.find("BadgeBar"))
    ui.tap(ui.find("Btn", text="Đăng xuất"))
    assert "Còn 2 mục chưa gửi. Đăng xuất sẽ xoá các mục này." in ui.texts()
    ui.tap(ui.find("Btn", text="Ở lại để gửi"))
    assert core.session is not None
    assert core.sync_calls == 1
    ui.tap(ui.find("Btn", text="Đăng xuất"))
    ui.tap(ui.find("Btn", text="Xoá và đăng xuất"))
    ui.until(lambda: "Đăng nhập" in ui.texts())
    assert core.session is None


def test_nothing_below_a_question_can_be_touched(ui: Driver, core: FakeCore) -> None:
    core.set_status(SyncStatus("offline", 2, waiting(core, 2)))
    ui.tap(ui.find("BadgeBar"))
    ui.tap(ui.find("Btn", text="Đăng xuất"))
    ui.tap(ui.find("NavItem", name="today"))
    assert "Xong 0/8" not in ui.texts()
    ui.press_back()
    ui.tap(ui.find("NavItem", name="today"))
    assert "Xong 0/8" in ui.texts()


def test_signing_out_with_everything_sent_asks_nothing(ui: Driver) -> None:
    ui.tap(ui.find("BadgeBar"))
    ui.tap(ui.find("Btn", text="Đăng xuất"))
    ui.until(lambda: "Đăng nhập" in ui.texts())


def test_the_language_changes_at_once(ui: Driver) -> None:
    ui.tap(ui.find("BadgeBar"))
    ui.tap(ui.find("Btn", icon="globe"))
    assert {"Today", "0 of 8 done"} <= set(ui.texts())


def test_signing_out_offers_to_keep_a_sealed_copy(ui: Driver, core: FakeCore) -> None:
    core.set_status(SyncStatus("offline", 2, waiting(core, 2)))
    ui.tap(ui.find("BadgeBar"))
    ui.tap(ui.find("Btn", text="Đăng xuất"))
    ui.tap(ui.find("Btn", text="Giữ bản sao mã hoá"))
    assert "Mật khẩu quá ngắn." in ui.texts()
    ui.type(ui.find("TextInput"), "con mèo màu xanh")
    ui.tap(ui.find("Btn", text="Giữ bản sao mã hoá"))
    assert core.copies == ["con mèo màu xanh"]
    assert any(text.startswith("Đã giữ ở") for text in ui.texts())
    assert core.session is not None


def test_full_phone_is_told_in_the_users_language(ui: Driver, core: FakeCore) -> None:
    core.set_status(SyncStatus("error", 1, waiting(core, 1), code="no_space", message="full"))
    ui.tap(ui.find("BadgeBar"))
    assert any("Máy đã đầy" in text for text in ui.texts())


def test_choice_over_two_fields_names_both(ui: Driver, core: FakeCore) -> None:
    both = replace(issue(core, 1, can_use_mine=True), field="phone,name", mine="1 · A")
    core.set_status(SyncStatus("idle", 0, issues=(both,)))
    ui.tap(ui.find("BadgeBar"))
    assert "Minh cũng đã sửa “Điện thoại, Tên”." in ui.texts()
