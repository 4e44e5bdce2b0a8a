"""What the commands of `python -m mobile_client.sync` do with a phone."""

import argparse
import getpass
import sys
import threading
from dataclasses import asdict

import msgspec

from mobile_client.core import PhoneCore
from mobile_client.facade import EditError
from mobile_client.views import CheckInDraft, SyncStatus

_FAILED = 1


def show(value: object) -> None:
    """Print a value as one line of JSON."""
    sys.stdout.write(msgspec.json.encode(value, enc_hook=str).decode() + "\n")
    sys.stdout.flush()


def sign_in(phone: PhoneCore, asked: argparse.Namespace) -> int:
    """Sign in."""
    password = asked.password or getpass.getpass("Password: ")
    show(phone.sign_in(asked.email, password))
    return 0


def sign_out(phone: PhoneCore, asked: argparse.Namespace) -> int:
    """Forget session and data."""
    phone.sign_out(discard_outbox=asked.discard)
    return 0


def sync(phone: PhoneCore, _: argparse.Namespace) -> int:
    """Send and receive everything once."""
    report = phone.sync_once()
    show(asdict(report))
    return 0 if report.is_complete else _FAILED


def status(phone: PhoneCore, _: argparse.Namespace) -> int:
    """Print how sending and receiving stand."""
    show(phone.sync_status())
    return 0


def today(phone: PhoneCore, _: argparse.Namespace) -> int:
    """Print the day."""
    show(phone.today())
    return 0


def issues(phone: PhoneCore, _: argparse.Namespace) -> int:
    """Print what needs the person's eye, one a line."""
    for issue in phone.sync_status().issues:
        show(issue)
    return 0


def accounts(phone: PhoneCore, asked: argparse.Namespace) -> int:
    """Print the accounts that are asked for, one a line."""
    for row in phone.accounts(asked.query):
        show(row)
    return 0


def watch(phone: PhoneCore, asked: argparse.Namespace) -> int:
    """Keep the phone in step and print every new state of sending, until the time is over."""
    ended = threading.Event()
    last: list[SyncStatus] = []

    def tell(_: object) -> None:
        now = phone.sync_status()
        if last[-1:] != [now]:
            last.append(now)
            del last[:-1]
            show(now)

    unsubscribe = phone.subscribe(tell)
    phone.start_background()
    try:
        ended.wait(asked.seconds)
    except KeyboardInterrupt:
        sys.stderr.write("\n")
    finally:
        unsubscribe()
    return 0


def check_in(phone: PhoneCore, asked: argparse.Namespace) -> int:
    """Check in."""
    try:
        planned = phone.account(asked.account).planned_visit_id
    except KeyError as error:
        raise EditError("gone", "", "No account with that id is on this phone.") from error
    draft = CheckInDraft(
        account_id=asked.account,
        visit_id=planned,
        outcome=asked.outcome,
        note=asked.note,
        photo_paths=tuple(asked.photo),
        voice_path=asked.voice,
        fix=phone.device.gps.fix(1.0),
    )
    show(phone.check_in(draft))
    return 0


def empties(phone: PhoneCore, asked: argparse.Namespace) -> int:
    """Count empties that were brought or taken back."""
    show({"empties_owed": phone.change_empties(asked.account, asked.difference)})
    return 0


def resolve(phone: PhoneCore, asked: argparse.Namespace) -> int:
    """Choose in an issue."""
    try:
        phone.resolve_issue(asked.issue, use_mine=asked.choice == "mine")
    except KeyError as error:
        raise EditError("gone", "", "No open issue with that id is on this phone.") from error
    return 0


def export(phone: PhoneCore, asked: argparse.Namespace) -> int:
    """Seal unsent work into a file, or print it."""
    if asked.plain:
        lines = b"".join(msgspec.json.encode(one) + b"\n" for one in phone.export_outbox())
        if asked.file is None:
            sys.stdout.write(lines.decode())
        else:
            asked.file.write_bytes(lines)
        return 0
    if asked.file is None:
        raise EditError("required", "file", "Name the file to write, or ask for --plain.")
    show(phone.export_box(asked.file, _passphrase(asked)))
    return 0


def import_(phone: PhoneCore, asked: argparse.Namespace) -> int:
    """Queue what another phone sealed."""
    show(phone.import_box(asked.file, _passphrase(asked)))
    return 0


def _passphrase(asked: argparse.Namespace) -> str:
    return asked.passphrase or getpass.getpass("Passphrase: ")
