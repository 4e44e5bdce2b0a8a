"""Every route says who may call it: by a role guard, or by name in the list of public ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from backend.app import create_app
from backend.db.tenancy import open_database
from backend.identity.permissions import RequireRole
from backend.settings import Settings

PUBLIC = {
    ("GET", "/"),  # the managers' page: an empty frame until somebody signs in
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/v1/calendar/{file_name:str}"),  # its address is a secret of its own
    ("POST", "/v1/auth/login"),
    ("POST", "/v1/auth/refresh"),
}
"""What anybody may call, each on purpose."""

PUBLIC_FOLDERS = ("/schema", "/static")
"""Documents that hold nobody's data: the API's description, the pages' scripts and styles."""

SAMPLES = {"uuid": "01890000-0000-7000-8000-000000000000", "int": "1", "float": "1.5"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Litestar]:
    """The service over a database that is never asked: nobody gets that far."""
    folder: Path = tmp_path_factory.mktemp("guards")
    database = open_database("postgresql://nobody@localhost:1/nowhere", connections=1)
    yield create_app(Settings(data_dir=folder), database)
    database.close()


def _handlers(app: Litestar) -> Iterator[tuple[str, str, HTTPRoute, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in sorted(handler.http_methods - {"OPTIONS"}):
                    yield method, route.path, route, handler


def _is_open(method: str, path: str) -> bool:
    return (method, path) in PUBLIC or path.startswith(PUBLIC_FOLDERS)


def test_each_route_is_public_by_name_or_guarded_by_role(app: Litestar) -> None:
    public, unguarded = set(), []
    for method, path, _, handler in _handlers(app):
        if handler.opt.get("is_public"):
            public.add((method, path))
        elif not any(isinstance(guard, RequireRole) for guard in handler.resolve_guards()):
            unguarded.append((method, path))
    assert sorted(one for one in public if not _is_open(*one)) == []
    assert sorted(one for one in unguarded if not _is_open(*one)) == []
    assert public >= PUBLIC, "The list of public routes names one that is not there."


def test_without_a_token_every_other_route_answers_401(app: Litestar) -> None:
    wrong = []
    with TestClient(app, raise_server_exceptions=False) as client:
        for method, path, route, _ in _handlers(app):
            if _is_open(method, path):
                continue
            answer = client.request(method, _filled(route))
            kind = answer.headers.get("content-type", "")
            is_problem = kind.startswith("application/problem+json")
            if answer.status_code != 401 or not (is_problem or method == "HEAD"):
                wrong.append((method, path, answer.status_code, kind))
    assert wrong == []


def _filled(route: HTTPRoute) -> str:
    parts = [
        part if isinstance(part, str) else SAMPLES.get(part.full.partition(":")[2], "x")
        for part in route.path_components
    ]
    return "/" + "/".join(parts)
