"""The `tuyen user` commands: people and organisations, as the owner of the database."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, get_args

import click
import msgspec
import psycopg2
import sqlalchemy as sa

from backend.api.constraints import explain_refusal
from backend.api.problems import Problem
from backend.clock import SystemClock
from backend.db.tenancy import driver_url
from backend.identity import repository, service
from backend.identity.actor import Role
from backend.identity.schemas import Locale, UserCreate
from backend.ids import OrgId, UserId


class OwnerContext(Protocol):
    """What the command line hands on: the URL of the database as its owner."""

    @property
    def owner_url(self) -> str:
        """The owner's database URL."""
        ...


@click.group("user")
def user() -> None:
    """People who sign in, and their organisations."""


@user.command("add")
@click.option("--org", required=True, help="The organisation's name or id.")
@click.option("--new-org", is_flag=True, help="Create the organisation.")
@click.option("--email", required=True)
@click.option("--name", "full_name", required=True, help="The person's full name.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--locale", type=click.Choice(get_args(Locale)), help="Default: the organisation's.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def add_user(
    owner: OwnerContext,
    *,
    org: str,
    new_org: bool,
    email: str,
    full_name: str,
    role: str,
    locale: str | None,
    password_stdin: bool,
) -> None:
    """Create a person."""
    password = _read_password(from_stdin=password_stdin)
    fields = {
        "email": email,
        "full_name": full_name,
        "role": role,
        "locale": locale,
        "password": password,
    }
    with _transaction(owner) as connection:
        org_id = _create_org(connection, org) if new_org else _find_org(connection, org)
        service.create_user(connection, org_id, msgspec.convert(fields, UserCreate))
    click.echo(f"{email} can sign in to {org} as {role}.")


@user.command("list")
@click.option("--org", help="Only this organisation (name or id).")
@click.pass_obj
def list_users(owner: OwnerContext, *, org: str | None) -> None:
    """List people: organisation, email, role, state, name."""
    with _transaction(owner) as connection:
        org_id = None if org is None else _find_org(connection, org)
        rows = repository.select_everybody(connection, org_id)
    for row in rows:
        state = "active" if row["is_active"] else "disabled"
        click.echo("\t".join([row["org_name"], row["email"], row["role"], state, row["full_name"]]))


@user.command("password")
@click.option("--email", required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def set_password(owner: OwnerContext, *, email: str, password_stdin: bool) -> None:
    """Give a person a new password; they have to sign in again everywhere."""
    password = _read_password(from_stdin=password_stdin)
    with _transaction(owner) as connection:
        org_id, user_id = _find_person(connection, email)
        service.set_password(connection, org_id, user_id, password, now=SystemClock().now())
    click.echo(f"{email} has a new password; every session of theirs has ended.")


@user.command("disable")
@click.option("--email", required=True)
@click.pass_obj
def disable_user(owner: OwnerContext, *, email: str) -> None:
    """Shut a person out; their records stay."""
    now = SystemClock().now()
    with _transaction(owner) as connection:
        org_id, user_id = _find_person(connection, email)
        service.set_active(connection, org_id, user_id, is_active=False, now=now)
    click.echo(f"{email} is disabled; every session of theirs has ended.")


@contextmanager
def _transaction(owner: OwnerContext) -> Iterator[sa.Connection]:
    """Open one transaction as the owner; say in one line what is wrong with the input."""
    engine = sa.create_engine(driver_url(owner.owner_url), poolclass=sa.NullPool)
    try:
        with engine.begin() as connection:
            yield connection
    except Problem as problem:
        raise click.ClickException(problem.detail) from problem
    except msgspec.ValidationError as error:
        raise click.ClickException(f"A value cannot be used: {error}.") from error
    except sa.exc.DBAPIError as error:
        refusal = explain_refusal(error.orig) if isinstance(error.orig, psycopg2.Error) else None
        raise click.ClickException(refusal.detail if refusal else str(error.orig)) from error
    finally:
        engine.dispose()


def _read_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return answer


def _create_org(connection: sa.Connection, name: str) -> OrgId:
    if repository.find_organisations(connection, name):
        raise click.ClickException(f"There is a '{name}' already: leave out --new-org.")
    return service.create_organisation(connection, name=name)


def _find_org(connection: sa.Connection, name_or_id: str) -> OrgId:
    found = repository.find_organisations(connection, name_or_id)
    if not found:
        raise click.ClickException(
            f"There is no organisation '{name_or_id}': give another --org, or add --new-org."
        )
    if len(found) > 1:
        ids = ", ".join(str(org_id) for org_id, _ in found)
        raise click.ClickException(f"Several are called '{name_or_id}': give one's id ({ids}).")
    return found[0][0]


def _find_person(connection: sa.Connection, email: str) -> tuple[OrgId, UserId]:
    found = repository.find_users_by_email(connection, email.strip())
    if not found:
        raise click.ClickException(f"Nobody signs in as '{email}': see 'tuyen user list'.")
    return found[0]
