from datetime import timedelta

from tests.support.fake_core import FakeCore
from tests.support.kivy_driver import Driver


def open_next(ui: Driver, core: FakeCore) -> str:
    """Opens the next stop's check-in by the first tap; gives the account's name."""
    stop = core.today().next_stop
    assert stop is not None
    ui.tap(ui.find("Btn", text="Điểm danh"))
    ui.until(lambda: any("GPS" in text or "vị trí" in text for text in ui.texts()))
    return stop.name


def test_two_taps_save_a_visit_and_one_takes_it_back(ui: Driver, core: FakeCore) -> None:
    name = open_next(ui, core)
    ui.tap(ui.find("Btn", text="Đã gặp"))
    assert core.saved[0].outcome == "met"
    assert f"Đã điểm danh: {name}" in ui.texts()
    assert {"Xong 1/8", "1 mục chờ gửi"} <= set(ui.texts())
    ui.tap(ui.find("Btn", text="Hoàn tác"))
    assert {"Xong 0/8", "Đã gửi hết", "Đã hoàn tác"} <= set(ui.texts())


def test_undo_of_a_sent_visit_says_that_it_cannot(ui: Driver, core: FakeCore) -> None:
    core.can_undo = False
    open_next(ui, core)
    ui.tap(ui.find("Btn", text="Từ chối"))
    ui.tap(ui.find("Btn", text="Hoàn tác"))
    assert "Đã gửi đi, không hoàn tác được" in ui.texts()
    assert "Xong 1/8" in ui.texts()


def test_each_outcome_is_saved_by_its_button(ui: Driver, core: FakeCore) -> None:
    for text in ("Đã gặp", "Đặt hàng", "Đi vắng", "Từ chối"):
        open_next(ui, core)
        ui.tap(ui.find("Btn", text=text))
    assert [draft.outcome for draft in core.saved] == ["met", "ordered", "not_in", "refused"]
    assert [draft.visit_id for draft in core.saved] == [f"visit-{n}" for n in (1, 2, 3, 4)]


def test_photo_voice_note_and_position_go_with_the_visit(ui: Driver, core: FakeCore) -> None:
    open_next(ui, core)
    ui.type(ui.find("TextInput"), "Gặp chị Hường, hẹn thứ Sáu")
    ui.tap(ui.find("Btn", icon="camera"))
    ui.until(lambda: "Ảnh (1)" in ui.texts())
    ui.tap(ui.find("Btn", icon="microphone"))
    ui.tap(ui.find("Btn", icon="stop"))
    assert "Ghi âm 0:07" in ui.texts()
    ui.tap(ui.find("Btn", text="Đặt hàng"))
    (saved,) = core.saved
    assert saved.note == "Gặp chị Hường, hẹn thứ Sáu"
    assert saved.photo_paths[0].read_bytes()[:2] == b"\xff\xd8"
    assert saved.voice_path is not None
    assert saved.voice_path.read_bytes()[:4] == b"RIFF"
    assert saved.fix is not None
    assert (saved.fix.lon, saved.fix.lat) == core.gps.at


def test_the_note_is_there_again_after_going_back(ui: Driver, core: FakeCore) -> None:
    open_next(ui, core)
    ui.type(ui.find("TextInput"), "Hẹn thứ Sáu")
    ui.press_back()
    assert "Xong 0/8" in ui.texts()
    core.clock.at += timedelta(minutes=3)
    open_next(ui, core)
    assert ui.find("TextInput").text == "Hẹn thứ Sáu"
    assert "Đã khôi phục bản nháp lúc 10:42" in ui.texts()


def test_the_draft_is_saved_before_the_camera_opens(ui: Driver, core: FakeCore) -> None:
    open_next(ui, core)
    ui.type(ui.find("TextInput"), "Kệ hàng trống")
    account_id, seen = core.today().stops[0].account_id, []
    take = core.camera.take

    def watched(path, on_done):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        seen.append(core.draft(account_id))
        take(path, on_done)

    core.camera.take = watched  # type: ignore[method-assign]
    ui.tap(ui.find("Btn", icon="camera"))
    assert seen[0] is not None
    assert (seen[0].note, len(seen[0].photo_paths)) == ("Kệ hàng trống", 1)


def test_pausing_the_app_keeps_the_note(ui: Driver, core: FakeCore) -> None:
    open_next(ui, core)
    ui.find("TextInput").text = "Chưa xong"
    assert ui.app.on_pause()
    kept = core.draft(core.today().stops[0].account_id)
    assert kept is not None
    assert kept.note == "Chưa xong"


def test_without_a_position_the_visit_can_be_saved(ui: Driver, core: FakeCore) -> None:
    core.gps.problem = "denied"
    open_next(ui, core)
    ui.until(lambda: any("hãy cho phép ứng dụng" in text for text in ui.texts()))
    ui.tap(ui.find("Btn", text="Đi vắng"))
    assert core.saved[0].fix is None


def test_a_photo_that_was_not_taken_is_told(ui: Driver, core: FakeCore) -> None:
    core.camera.is_given_up = True
    open_next(ui, core)
    ui.tap(ui.find("Btn", icon="camera"))
    ui.until(lambda: "Chưa chụp được ảnh" in ui.texts())
    ui.tap(ui.find("Btn", text="Đã gặp"))
    assert core.saved[0].photo_paths == ()
