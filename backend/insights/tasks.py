"""The insights room's tasks, by name."""

from backend.ids import OrgId
from backend.insights.service import value_accounts
from backend.jobs import Task, Work

# Soon after midnight of Vietnam, where most organisations are; others' days are late by hours.
_EVERY_NIGHT = "20 17 * * *"


def _value_accounts(work: Work, org_id: OrgId) -> None:
    with work.db.for_org(org_id) as connection:
        value_accounts(connection, org_id)


TASKS = [Task("insights.value_accounts", _value_accounts, cron=_EVERY_NIGHT, is_in_turn=True)]
