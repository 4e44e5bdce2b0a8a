"""The sign-in desk: what the service keeps in memory for identity, made once a process."""

from dataclasses import dataclass
from datetime import timedelta

from backend.clock import Clock
from backend.db.tenancy import Database
from backend.identity.lane import Lane
from backend.identity.standing import Standings
from backend.identity.throttle import AddressThrottle, UnknownEmails
from backend.identity.tokens import TokenService
from backend.settings import Settings


@dataclass(frozen=True)
class Desk:
    """Tokens, standings and what slows down guessing."""

    tokens: TokenService
    standings: Standings
    lane: Lane
    addresses: AddressThrottle
    unknown_emails: UnknownEmails
    idle: timedelta
    """How long a refresh token lies unused before it is void."""
    absolute: timedelta
    """How long a sign-in lasts, however often it is refreshed."""


def open_desk(settings: Settings, database: Database, clock: Clock) -> Desk:
    """Set up the desk; the first call makes the signing key."""
    lifetime = timedelta(minutes=settings.access_minutes)
    return Desk(
        tokens=TokenService(settings.key_dir, clock, lifetime=lifetime),
        standings=Standings(database, clock),
        lane=Lane(),
        addresses=AddressThrottle(),
        unknown_emails=UnknownEmails(),
        idle=timedelta(days=settings.refresh_idle_days),
        absolute=timedelta(days=settings.refresh_days),
    )
