"""Territories designed over HTTP: asked for, made by the worker, looked at."""

from typing import Any

import pytest

from tests.support.design_office import DesignOffice, rows
from tests.support.ground import execute


def _scenario(design: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one for one in design["summary"]["scenarios"] if one["name"] == name
    )
    return found


@pytest.mark.integration
def test_a_design_tells_its_curve(designing: DesignOffice) -> None:
    design = designing.make()
    assert (design["status"], design["share"]) == ("done", 1)
    names = [one["name"] for one in design["summary"]["scenarios"]]
    assert names == ["keep", "mend", "shift", "even", "fresh"]
    keep, even = _scenario(design, "keep"), _scenario(design, "even")
    assert keep["deviation"] > 0.3
    assert even["deviation"] <= 0.05
    assert keep["moved"][0] < even["moved"][0]
    assert all(one["split_cells"] == [] for one in design["summary"]["scenarios"])


@pytest.mark.integration
def test_the_cells_of_a_scenario_are_told(designing: DesignOffice) -> None:
    design = designing.make()
    answer = designing.call("GET", f"/{design['id']}/scenarios/even")
    cells = answer.json()
    assert len(cells["cells"]) == len(cells["territories"]) == design["summary"]["cells"]
    assert set(cells["territories"]) == {0, 1}
    assert designing.call("GET", f"/{design['id']}/scenarios/nothing").status_code == 404


@pytest.mark.integration
def test_locked_accounts_stay_and_homes_are_kept(designing: DesignOffice) -> None:
    locked = [
        str(row[0])
        for row in rows(
            designing.url,
            f"SELECT id FROM account WHERE territory_id = '{designing.west}'"
            " ORDER BY ST_X(location) DESC LIMIT 4",
        )
    ]
    design = designing.make(
        territories=[
            {
                "territory_id": str(designing.west),
                "locked_account_ids": locked,
                "home": [24.91, 60.17],
            },
            {"territory_id": str(designing.east), "home": [24.99, 60.17]},
        ]
    )
    assert design["status"] == "done"
    cells = designing.call("GET", f"/{design['id']}/compare/accounts.csv?scenario=even").text
    assert "West" in cells
    assert not any(one in cells for one in locked)


@pytest.mark.integration
def test_rules_that_cannot_hold_end_the_design_with_their_names(designing: DesignOffice) -> None:
    design = designing.make(
        territories=[
            {
                "territory_id": str(one),
                "limits": [{"kind": "accounts", "most": 10}],
            }
            for one in (designing.west, designing.east)
        ]
    )
    assert design["status"] == "failed"
    assert design["failure"]["code"] == "rules_impossible"
    assert "may have 20 of accounts together" in design["failure"]["detail"]


@pytest.mark.integration
def test_territories_without_accounts_end_the_design(designing: DesignOffice) -> None:
    execute(designing.url, "UPDATE account SET deleted_at = now()")
    design = designing.make()
    assert (design["status"], design["failure"]["field"]) == ("failed", "territories")


@pytest.mark.integration
def test_a_cancelled_design_is_not_made(designing: DesignOffice) -> None:
    asked = designing.ask().json()
    assert designing.call("POST", f"/{asked['id']}/cancel").json()["status"] == "cancelled"
    designing.make_worker().run_due()
    assert designing.read(asked["id"])["status"] == "cancelled"
    answer = designing.call("POST", f"/{asked['id']}/propose", {"scenario": "even"})
    assert (answer.status_code, answer.json()["code"]) == (409, "design_not_done")


@pytest.mark.integration
def test_a_finished_design_cannot_be_cancelled(designing: DesignOffice) -> None:
    answer = designing.call("POST", f"/{designing.make()['id']}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "design_finished")


@pytest.mark.integration
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"territories": [{"territory_id": "018f0000-0000-7000-8000-000000000000"}] * 2}, "[1]"),
        ({"measures": [{"kind": "work"}, {"kind": "work"}]}, "measures[0].kind"),
        ({"measures": [{"kind": "work", "weight": 0}]}, "measures"),
        ({"resolution": 12}, "resolution"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    designing: DesignOffice, changes: dict[str, Any], field: str
) -> None:
    answer = designing.ask(**changes)
    assert answer.status_code == 422
    assert field in answer.json()["errors"][0]["field"]


@pytest.mark.integration
def test_a_territory_that_is_not_there_is_refused(designing: DesignOffice) -> None:
    strange = {"territory_id": "018f0000-0000-7000-8000-000000000000"}
    answer = designing.ask(territories=[{"territory_id": str(designing.west)}, strange])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "territories[1].territory_id"


@pytest.mark.integration
def test_another_organisation_and_reps_see_nothing(designing: DesignOffice, other_org: Any) -> None:
    design = designing.make()
    assert designing.call("GET", f"/{design['id']}", who=designing.org.rep).status_code == 403
    assert designing.call("GET", f"/{design['id']}", who=other_org.manager).status_code == 404
    assert designing.call("GET", who=other_org.manager).json()["items"] == []
    listed = designing.call("GET").json()["items"]
    assert [one["id"] for one in listed] == [design["id"]]
