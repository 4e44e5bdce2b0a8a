from pathlib import Path

from tests.support.fake_core import FakeCore
from tests.support.kivy_driver import Driver


def titles(ui: Driver) -> list[str]:
    return [row.title for row in ui.all("Row")]


def test_typing_finds_accounts(ui: Driver) -> None:
    ui.tap(ui.find("NavItem", name="accounts"))
    ui.type(ui.find("TextInput"), "ekberg")
    ui.until(lambda: titles(ui) and all("Ekberg" in title for title in titles(ui)))


def test_the_nearest_come_first_at_a_tap(ui: Driver, core: FakeCore, tmp_path: Path) -> None:
    ui.tap(ui.find("NavItem", name="accounts"))
    by_name = titles(ui)
    nearest = [row.name for row in core.accounts(near=core.gps.at)]
    ui.tap(ui.find("Btn", text="Gần tôi"))
    ui.until(lambda: titles(ui)[:3] == nearest[:3])
    assert " m" in " ".join(ui.texts())
    ui.shot(tmp_path / "near.png")
    ui.tap(ui.find("Btn", text="Gần tôi"))
    ui.until(lambda: titles(ui) == by_name)


def test_without_a_position_names_stay_and_why_is_told(ui: Driver, core: FakeCore) -> None:
    core.gps.problem = "denied"
    ui.tap(ui.find("NavItem", name="accounts"))
    by_name = titles(ui)
    ui.tap(ui.find("Btn", text="Gần tôi"))
    ui.until(lambda: any("hãy cho phép" in text for text in ui.texts()))
    assert titles(ui) == by_name


def test_finding_nothing_is_told(ui: Driver) -> None:
    ui.tap(ui.find("NavItem", name="accounts"))
    ui.type(ui.find("TextInput"), "zzz")
    ui.until(lambda: "Không có khách hàng khớp “zzz”." in ui.texts())


def test_a_stop_opens_its_card_and_back_returns(ui: Driver, core: FakeCore) -> None:
    stop = core.today().stops[1]
    ui.tap(ui.find("Row", key=stop.account_id))
    assert {stop.name, "Aino Virtanen", "Muốn xem bảng giá mới"} <= set(ui.texts())
    ui.press_back()
    assert "Xong 0/8" in ui.texts()


def test_an_edited_phone_shows_that_it_waits(ui: Driver, core: FakeCore) -> None:
    ui.tap(ui.find("Row", key=core.today().stops[1].account_id))
    ui.tap(ui.find("Btn", icon="edit"))
    field = ui.find("Field", label="Điện thoại").ids.input
    field.text = ""
    ui.type(field, "+358 9 123 456")
    ui.tap(ui.find("Btn", text="Lưu"))
    assert {"+358 9 123 456", "chờ gửi", "Đã lưu trên máy", "1 mục chờ gửi"} <= set(ui.texts())


def test_an_empty_name_is_told_at_its_field(ui: Driver, core: FakeCore) -> None:
    ui.tap(ui.find("Row", key=core.today().stops[1].account_id))
    ui.tap(ui.find("Btn", icon="edit"))
    ui.find("Field", label="Tên").ids.input.text = ""
    ui.tap(ui.find("Btn", text="Lưu"))
    assert ui.find("Field", label="Tên").problem == "Không được để trống."
    assert core.sync_status().waiting == 0


def test_a_contact_is_edited_and_another_one_added(ui: Driver, core: FakeCore) -> None:
    account_id = core.today().stops[1].account_id
    ui.tap(ui.find("Row", key=account_id))
    ui.tap(ui.find("Row", title="Aino Virtanen"))
    ui.find("Field", label="Chức vụ").ids.input.text = "Chủ quán"
    ui.tap(ui.find("Btn", text="Lưu"))
    ui.tap(ui.find("Btn", icon="person_add"))
    ui.find("Field", label="Tên").ids.input.text = "Hường"
    ui.tap(ui.find("Btn", text="Lưu"))
    contacts = core.account(account_id).contacts
    assert [(one.name, one.title) for one in contacts] == [
        ("Aino Virtanen", "Chủ quán"),
        ("Hường", ""),
    ]


def test_an_account_that_left_the_phone_closes_its_card(ui: Driver, core: FakeCore) -> None:
    account_id = core.today().stops[1].account_id
    ui.tap(ui.find("Row", key=account_id))
    core.forget(account_id)
    ui.until(lambda: "Khách hàng này không còn trên máy" in ui.texts())
    assert "Xong 0/8" in ui.texts()
