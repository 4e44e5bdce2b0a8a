from collections.abc import Callable, Iterator

import pytest

from mobile_client.views import IssueItem, OutboxItem, SyncStatus
from tests.support.fake_core import FakeCore
from tests.support.kivy_driver import PHONE, TABLET, Driver, OpenApp

SMALLEST_DP = 48
type Rgba = tuple[float, float, float, float]


@pytest.fixture
def large_print() -> Iterator[None]:
    from kivy.metrics import Metrics  # noqa: PLC0415 - after prepare_kivy

    Metrics.fontscale = 1.4
    yield
    Metrics.fontscale = 1.0


def busy(core: FakeCore) -> SyncStatus:
    """Both kinds of issue and one of each kind of waiting item."""
    at = core.now()
    issues = tuple(
        IssueItem(f"i{mine}", "account", "Aalto", "a", "phone", "1", "2", "Minh", at, mine, "Gone.")
        for mine in (True, False)
    )
    items = (
        OutboxItem("1", "check_in", "Aalto", "a", at, "waiting"),
        OutboxItem("2", "photo", "Aalto", "a", at, "retry", 2, "The server was slow"),
    )
    return SyncStatus("idle", 2, items, issues, at)


def each_screen(ui: Driver, core: FakeCore) -> Iterator[str]:
    """Opens every screen in turn and gives its name."""
    shell, account_id = ui.app.shell, core.today().stops[0].account_id
    core.set_status(busy(core))
    steps: dict[str, Callable[[], None]] = {
        "today": lambda: shell.go("today"),
        "map": lambda: shell.go("map"),
        "accounts": lambda: shell.go("accounts"),
        "sync": lambda: shell.go("sync"),
        "account": lambda: shell.open_account(account_id),
        "edit account": lambda: shell.open_account_form(account_id),
        "edit contact": lambda: shell.open_contact_form(account_id, None),
        "check in": lambda: shell.open_check_in(account_id),
        "replan": lambda: shell.open_replan(account_id, "closed"),
        "visit question": lambda: shell._screens["replan"].choose(account_id),
        "marker": lambda: shell.map_pane._show_card(account_id),
        "message": lambda: shell.toast("Đã lưu", "Hoàn tác", lambda: None),
    }
    for name, step in steps.items():
        if name == "marker":
            shell.go("map")
        step()
        ui.frames(4)
        yield name


@pytest.mark.parametrize("size", [PHONE, TABLET])
def test_everything_that_can_be_touched_is_large_enough(
    core: FakeCore, open_app: OpenApp, size: tuple[int, int]
) -> None:
    ui = open_app(core, size)
    seen = 0
    for screen in each_screen(ui, core):
        targets = [*ui.all("ButtonBehavior"), *ui.all("TextInput")]
        seen += len(targets)
        # A row that is scrolled half out of sight is as high as the others.
        small = [(type(one).__name__, *one.size) for one in targets if min(one.size) < SMALLEST_DP]
        assert small == [], screen
    assert seen > 60


@pytest.mark.parametrize("size", [PHONE, TABLET])
@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.usefixtures("large_print")
def test_no_button_cuts_its_text_in_large_print(
    core: FakeCore, open_app: OpenApp, size: tuple[int, int], locale: str
) -> None:
    ui = open_app(core, size, locale)
    for screen in each_screen(ui, core):
        cut = [
            label.text
            for button in ui.all("Btn")
            for label in button.children
            if hasattr(label, "texture_size") and label.texture_size[0] > label.width + 1
        ]
        assert cut == [], screen


def test_badge_bar_is_on_every_screen(ui: Driver, core: FakeCore) -> None:
    for screen in each_screen(ui, core):
        assert ui.all("BadgeBar"), screen


def test_colours_can_be_read_in_sunlight() -> None:
    from mobile_client.screens.theme import T  # noqa: PLC0415 - after prepare_kivy

    pairs = [(tone.ink, tone.ground) for tone in T.tones.values()]
    pairs += [(tone.accent, T.surface) for tone in T.tones.values()]
    pairs += [(T.ink, T.surface), (T.ink2, T.surface), (T.ink2, T.nav), (T.on_primary, T.primary)]
    pairs += [(T.primary, T.container), (T.ink2, T.container), (T.snack_action, T.snack)]
    pairs += [(T.on_primary, T.tones["error"].accent)]
    assert min(contrast(*pair) for pair in pairs) >= 4.5


def contrast(a: Rgba, b: Rgba) -> float:
    """WCAG 2.1's contrast ratio."""
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Rgba) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
