"""Scenes in which two people change the same record."""

import pytest

from tests.support.field_team import FieldTeam, Rep

pytestmark = pytest.mark.e2e


@pytest.fixture
def pair(team: FieldTeam) -> tuple[Rep, Rep, str]:
    """Two reps who both hold West, with a shop of it on their phones."""
    team.run(
        "INSERT INTO territory_assignment (org_id, id, territory_id, user_id, valid_from)"
        " VALUES (%s, gen_random_uuid(), %s, %s, '2020-01-01')",
        team.org.id,
        team.west,
        team.org.other_rep.user_id,
    )
    (shop,) = team.shops(1)
    first, second = team.phone(team.org.rep), team.phone(team.org.other_rep)
    first.sync()
    second.sync()
    return first, second, shop


def test_scene_06_two_reps_edit_different_fields(
    team: FieldTeam, pair: tuple[Rep, Rep, str]
) -> None:
    first, second, shop = pair
    first.core.edit_account(shop, {"phone": "+84905550001"})
    second.core.edit_account(shop, {"email": "lan@quan.vn"})
    assert first.sync().statuses == {"applied": 1}
    assert second.sync().statuses == {"applied": 1}
    first.sync()
    for rep in (first, second):
        assert rep.field("account", shop, "phone") == "+84905550001"
        assert rep.field("account", shop, "email") == "lan@quan.vn"
        assert rep.core.sync_status().issues == ()
        assert rep.held() == team.truth(rep.actor)


def test_scene_06b_two_reps_edit_the_same_field_and_the_loser_chooses(
    team: FieldTeam, pair: tuple[Rep, Rep, str]
) -> None:
    first, second, shop = pair
    first.core.edit_account(shop, {"phone": "+84905550001"})
    second.core.edit_account(shop, {"phone": "+84905550002", "email": "lan@quan.vn"})
    first.sync()
    assert second.sync().statuses == {"merged": 1}
    # What is not in dispute is taken, the rest stands, and nothing of it is lost.
    assert second.field("account", shop, "email") == "lan@quan.vn"
    assert second.field("account", shop, "phone") == "+84905550001"
    (issue,) = second.core.sync_status().issues
    assert (issue.mine, issue.theirs) == ("+84905550002", "+84905550001")
    assert first.core.sync_status().issues == ()
    second.core.resolve_issue(issue.id, use_mine=True)
    second.sync()
    first.sync()
    for rep in (first, second):
        assert rep.field("account", shop, "phone") == "+84905550002"
        assert rep.core.sync_status().issues == ()
        assert rep.held() == team.truth(rep.actor)


def test_scene_06c_the_loser_agrees_with_the_other(
    team: FieldTeam, pair: tuple[Rep, Rep, str]
) -> None:
    first, second, shop = pair
    first.core.edit_account(shop, {"phone": "+84905550001"})
    second.core.edit_account(shop, {"phone": "+84905550002"})
    first.sync()
    assert second.sync().statuses == {"conflict": 1}
    (issue,) = second.core.sync_status().issues
    second.core.resolve_issue(issue.id, use_mine=False)
    second.sync()
    assert second.core.sync_status().issues == ()
    assert second.field("account", shop, "phone") == "+84905550001"
    assert team.one("SELECT resolution FROM issue") == "theirs"


def test_scene_07_one_deletes_what_another_edits(
    team: FieldTeam, pair: tuple[Rep, Rep, str]
) -> None:
    first, second, shop = pair
    lan = first.core.edit_contact(None, shop, {"name": "Lan"})
    first.sync()
    second.sync()
    manager = team.http(team.org.manager)
    assert manager.delete(f"/v1/contacts/{lan}").is_success
    second.core.edit_contact(lan, shop, {"phone": "+84905550003"})
    assert second.sync().statuses == {"conflict": 1}
    # The edit is kept and can be read; the record stays deleted.
    mine = team.one("SELECT mine ->> 'phone' FROM issue WHERE rid = %s", lan)
    assert mine == "+84905550003"
    assert len(second.core.sync_status().issues) == 1
    first.sync()
    for rep in (first, second):
        assert rep.field("contact", lan, "full_name") is None
        assert rep.held() == team.truth(rep.actor)
