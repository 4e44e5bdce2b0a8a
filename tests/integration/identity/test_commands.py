"""The `tuyen user` commands against a real database, as its owner."""

from dataclasses import dataclass

import pytest
from click.testing import CliRunner, Result

from backend.identity.commands import user
from backend.ids import new_id
from backend.settings import Settings
from tests.integration.identity.conftest import Door, problem
from tests.support.databases import TestDatabase

PASSWORD = "cà phê sữa đá 42"


@dataclass(frozen=True)
class Owner:
    owner_url: str


@dataclass(frozen=True)
class Shell:
    owner: Owner

    def __call__(self, *words: str, password: str | None = None) -> Result:
        words = (*words, "--password-stdin") if password is not None else words
        return CliRunner().invoke(user, words, input=password, obj=self.owner)

    def add(self, email: str, *words: str, org: str = "Sông Hàn", password: str) -> Result:
        person = ("--org", org, "--email", email, "--name", "Trần Thị Lan", "--role", "admin")
        return self("add", *person, *words, password=password)


@pytest.fixture
def shell(test_database: TestDatabase) -> Shell:
    return Shell(Owner(test_database.owner_url))


def test_the_first_person_comes_with_the_organisation(shell: Shell) -> None:
    missing = shell.add("lan@songhan.test", password=PASSWORD)
    assert missing.exit_code == 1
    assert "--new-org" in missing.output
    first = shell.add("lan@songhan.test", "--new-org", "--locale", "en", password=PASSWORD)
    assert first.exit_code == 0, first.output
    assert shell.add("minh@songhan.test", password=PASSWORD).exit_code == 0
    lines = shell("list", "--org", "Sông Hàn").output.splitlines()
    assert [line.split("\t")[:4] for line in lines] == [
        ["Sông Hàn", "lan@songhan.test", "admin", "active"],
        ["Sông Hàn", "minh@songhan.test", "admin", "active"],
    ]
    twice = shell.add("hoa@songhan.test", "--new-org", password=PASSWORD)
    assert twice.exit_code == 1
    assert "already" in twice.output


@pytest.mark.parametrize(
    ("email", "password", "said"),
    [
        ("lan@songhan.test", "short", "at least 12"),
        ("no address", PASSWORD, "email"),
        ("LAN@songhan.test", PASSWORD, "already"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    shell: Shell, email: str, password: str, said: str
) -> None:
    assert shell.add("lan@songhan.test", "--new-org", password=PASSWORD).exit_code == 0
    refused = shell.add(email, password=password)
    assert refused.exit_code == 1
    assert refused.output.startswith("Error: ")
    assert said in refused.output
    assert len(shell("list").output.splitlines()) == 1


def test_a_refused_person_leaves_no_organisation_behind(shell: Shell) -> None:
    assert shell.add("lan@songhan.test", "--new-org", password="short").exit_code == 1
    assert "--new-org" in shell.add("lan@songhan.test", password=PASSWORD).output


def test_a_new_password_and_a_disabled_person(door: Door, settings: Settings) -> None:
    assert settings.key_dir.exists()
    shell = Shell(Owner(door.database.owner_url))
    session = door.session()
    changed = shell("password", "--email", "LAN@songhan.test", password="bún bò Huế 99 tô\n")
    assert changed.exit_code == 0, changed.output
    assert problem(door.refresh(session["refresh_token"])) == (401, "refresh_invalid")
    assert door.sign_in(password="bún bò Huế 99 tô").status_code == 200
    assert shell("disable", "--email", "lan@songhan.test").exit_code == 0
    answer = door.sign_in(password="bún bò Huế 99 tô", device_id=new_id())
    assert problem(answer) == (403, "user_disabled")
    unknown = shell("disable", "--email", "nobody@songhan.test")
    assert unknown.exit_code == 1
    assert "user list" in unknown.output


def test_a_password_is_asked_for_twice_at_a_terminal(door: Door) -> None:
    shell = Owner(door.database.owner_url)
    typed = "bún bò Huế 99 tô\n"
    asked = CliRunner().invoke(
        user, ["password", "--email", "lan@songhan.test"], input=typed + typed, obj=shell
    )
    assert asked.exit_code == 0, asked.output
    assert door.sign_in(password=typed.strip()).status_code == 200
