"""The service with a settable clock and people who have passwords."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from litestar import Litestar
from litestar.testing import TestClient

from backend.app import create_app
from backend.db.tenancy import driver_url
from backend.identity.actor import Role
from backend.identity.schemas import UserCreate
from backend.identity.service import create_organisation, create_user
from backend.ids import OrgId, UserId, new_id
from backend.settings import Settings
from tests.support.databases import TestDatabase

PASSWORD = "cà phê sữa đá 42"


@dataclass
class SetClock:
    """A clock that stands still until it is moved."""

    moment: datetime = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def move(self, **step: float) -> None:
        self.moment += timedelta(**step)


@dataclass
class Door:
    """The service's sign-in, with one organisation: `lan` is a rep, `minh` an admin."""

    client: TestClient[Litestar]
    clock: SetClock
    database: TestDatabase
    org_id: OrgId
    ids: dict[str, UserId]
    device_id: UUID = field(default_factory=new_id)

    def sign_in(
        self, email: str = "lan@songhan.test", *, origin: str = "", **changes: Any
    ) -> httpx.Response:
        body = {
            "email": email,
            "password": PASSWORD,
            "device_id": str(self.device_id),
            "device_name": "Lan's phone",
            "platform": "android",
        } | {key: str(value) for key, value in changes.items()}
        return self.client.post(f"{origin}/v1/auth/login", json=body)

    def session(self, email: str = "lan@songhan.test", **changes: Any) -> dict[str, Any]:
        answer = self.sign_in(email, **changes)
        assert answer.status_code == 200, answer.text
        session: dict[str, Any] = answer.json()
        return session

    def refresh(self, token: str, device_id: object = None) -> httpx.Response:
        body = {"refresh_token": token, "device_id": str(device_id or self.device_id)}
        return self.client.post("/v1/auth/refresh", json=body)

    def me(self, session: dict[str, Any]) -> httpx.Response:
        return self.client.get("/v1/me", headers=bearer(session))

    def signed_in_elsewhere(self, email: str = "lan@songhan.test") -> dict[str, Any]:
        return self.session(email, device_id=new_id())

    def audit(self, action: str) -> list[dict[str, Any]]:
        with self.database.database.for_org(self.org_id) as connection:
            rows = connection.execute(
                sa.text("SELECT * FROM audit_entry WHERE action = :action"), {"action": action}
            )
            return [dict(row) for row in rows.mappings()]


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return answer.status_code, answer.json()["code"]


def bearer(session: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['access_token']}"}


@pytest.fixture
def door(settings: Settings, test_database: TestDatabase) -> Iterator[Door]:
    engine = sa.create_engine(driver_url(test_database.owner_url), poolclass=sa.NullPool)
    with engine.begin() as connection:
        org_id = create_organisation(connection, name="Cà phê Sông Hàn")
        people = {"lan": Role.REP, "minh": Role.ADMIN, "hoa": Role.REP}
        ids = {
            name: create_user(
                connection,
                org_id,
                UserCreate(
                    email=f"{name}@songhan.test",
                    full_name=name.title(),
                    role=role,
                    password=PASSWORD,
                ),
            )
            for name, role in people.items()
        }
    clock = SetClock()
    with TestClient(create_app(settings, test_database.database, clock=clock)) as client:
        yield Door(client, clock, test_database, org_id, ids)
