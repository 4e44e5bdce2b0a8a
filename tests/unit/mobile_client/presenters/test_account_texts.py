from pathlib import Path

import pytest

from mobile_client.facade import EditError
from mobile_client.i18n import Words
from mobile_client.presenters.account_card import (
    account_card,
    account_form,
    contact_form,
    save_form,
)
from mobile_client.presenters.accounts import accounts
from mobile_client.presenters.map.projection import distance_m
from mobile_client.views import CheckInDraft
from tests.support.fake_core import FakeCore

WORDS = Words("vi", "Europe/Helsinki")


@pytest.fixture
def core(tmp_path: Path) -> FakeCore:
    return FakeCore(tmp_path)


@pytest.fixture
def account_id(core: FakeCore) -> str:
    return core.today().stops[0].account_id


def test_the_list_says_what_it_did_not_find(core: FakeCore) -> None:
    text = accounts(core, WORDS, " zzz ")
    assert (text.lines, text.empty) == ((), "Không có khách hàng khớp “zzz”.")


def test_the_nearest_tell_how_far_they_are(core: FakeCore) -> None:
    here = core.gps.at
    rows = core.accounts(near=here)
    lines = accounts(core, WORDS, "", here).lines
    assert [line.account_id for line in lines[:3]] == [row.id for row in rows[:3]]
    away = distance_m(here, (rows[0].lon or 0, rows[0].lat or 0))
    assert lines[0].trail == WORDS.distance(away)


def test_the_card_lists_fields_contacts_visits_and_notes(core: FakeCore, account_id: str) -> None:
    text = account_card(core, WORDS, account_id)
    headings = [line.title for line in text.lines if line.is_heading]
    assert headings == ["Người liên hệ", "Lịch sử ghé thăm", "Ghi chú"]
    assert text.check_in_label == "Điểm danh"
    fields = [(line.title, line.detail) for line in text.lines]
    assert ("Mo-Fr 08:00-10:00", "Giờ khách muốn được ghé") in fields


def test_an_edited_field_waits_to_be_sent(core: FakeCore, account_id: str) -> None:
    form = account_form(core, WORDS, account_id)
    typed = {field.key: field.value for field in form.fields} | {"phone": "+358 9 123 456 "}
    assert save_form(core, form, typed)
    lines = account_card(core, WORDS, account_id).lines
    assert [line.trail for line in lines if line.title == "+358 9 123 456"] == ["chờ gửi"]


def test_saving_without_a_change_queues_nothing(core: FakeCore, account_id: str) -> None:
    form = account_form(core, WORDS, account_id)
    assert not save_form(core, form, {field.key: field.value for field in form.fields})
    assert core.sync_status().waiting == 0


def test_an_empty_name_is_refused_at_its_field(core: FakeCore, account_id: str) -> None:
    form = account_form(core, WORDS, account_id)
    typed = {field.key: field.value for field in form.fields} | {"name": " "}
    with pytest.raises(EditError) as refused:
        save_form(core, form, typed)
    assert refused.value.field == "name"


def test_a_new_contact_joins_the_card(core: FakeCore, account_id: str) -> None:
    form = contact_form(core, WORDS, account_id, None)
    save_form(core, form, {"name": "Hường", "title": "", "phone": "+84 90", "email": ""})
    lines = account_card(core, WORDS, account_id).lines
    assert [(line.detail, line.trail) for line in lines if line.title == "Hường"] == [
        ("+84 90", "chờ gửi")
    ]


def test_a_kept_draft_is_offered(core: FakeCore, account_id: str) -> None:
    core.save_draft(CheckInDraft(account_id, note="giữa chừng"))
    assert account_card(core, WORDS, account_id).check_in_label == "Điểm danh tiếp"
