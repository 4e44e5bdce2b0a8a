"""The phone without a screen: `python -m mobile_client.sync --help`."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import msgspec

from mobile_client.core import PhoneCore, open_core
from mobile_client.device.clock import SystemClock
from mobile_client.device.fakes import fake_device
from mobile_client.facade import EditError, OutboxNotEmpty, SignInError
from mobile_client.views import OUTCOMES, CheckInDraft, LonLat

_FAILED = 1
_WIDEST = 180
_HIGHEST = 90


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command on the phone's folder; return the exit code."""
    asked = _parser().parse_args(arguments)
    run: Callable[[PhoneCore, argparse.Namespace], int] = asked.run
    clock = SystemClock()
    device = fake_device(clock, asked.at)
    try:
        with closing(open_core(asked.folder, asked.server, device, clock)) as phone:
            return run(phone, asked)
    except (SignInError, OutboxNotEmpty, EditError, ValueError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return _FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mobile_client.sync",
        description="The phone's core without its screens: sign in, sync, check in.",
    )
    parser.add_argument("--folder", type=Path, required=True, help="the phone's folder")
    parser.add_argument(
        "--server",
        default=os.environ.get("TUYEN_SERVER", "http://127.0.0.1:8000"),
        help="the server's address (default: $TUYEN_SERVER, else %(default)s)",
    )
    parser.add_argument(
        "--at", type=_position, default=(0.0, 0.0), metavar="LON,LAT", help="where the phone stands"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_session_commands(commands)
    _add_check_in(commands)
    for name, run, about in (
        ("sync", _sync, "send and receive everything now"),
        ("status", _status, "what waits to be sent, and what needs a choice"),
        ("today", _today, "the day's stops"),
    ):
        commands.add_parser(name, help=about).set_defaults(run=run)
    accounts = commands.add_parser("accounts", help="the accounts on this phone")
    accounts.add_argument("query", nargs="?", default="")
    accounts.set_defaults(run=_accounts)
    export = commands.add_parser("export", help="write unsent work as JSON lines")
    export.add_argument("file", type=Path, nargs="?", help="default: standard output")
    export.set_defaults(run=_export)
    return parser


def _add_session_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    sign_in = commands.add_parser("sign-in", help="sign in; asks for the password")
    sign_in.add_argument("email")
    sign_in.add_argument("--password", default=os.environ.get("TUYEN_PASSWORD"))
    sign_in.set_defaults(run=_sign_in)
    sign_out = commands.add_parser("sign-out", help="forget session and data")
    sign_out.add_argument("--discard", action="store_true", help="throw unsent work away")
    sign_out.set_defaults(run=_sign_out)


def _add_check_in(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check_in = commands.add_parser("check-in", help="check in at an account, by --at's position")
    check_in.add_argument("account", help="the account's id")
    check_in.add_argument("--outcome", choices=OUTCOMES, required=True)
    check_in.add_argument("--note", default="")
    check_in.add_argument("--photo", type=Path, action="append", default=[])
    check_in.add_argument("--voice", type=Path)
    check_in.set_defaults(run=_check_in)


def _position(text: str) -> LonLat:
    lon, lat = (float(part) for part in text.split(","))
    if abs(lon) > _WIDEST or abs(lat) > _HIGHEST:
        raise ValueError(text)
    return lon, lat


def _show(value: object) -> None:
    sys.stdout.write(msgspec.json.encode(value, enc_hook=str).decode() + "\n")


def _sign_in(phone: PhoneCore, asked: argparse.Namespace) -> int:
    password = asked.password or getpass.getpass("Password: ")
    _show(phone.sign_in(asked.email, password))
    return 0


def _sign_out(phone: PhoneCore, asked: argparse.Namespace) -> int:
    phone.sign_out(discard_outbox=asked.discard)
    return 0


def _sync(phone: PhoneCore, _: argparse.Namespace) -> int:
    report = phone.sync_once()
    _show(asdict(report))
    return 0 if report.is_complete else _FAILED


def _status(phone: PhoneCore, _: argparse.Namespace) -> int:
    _show(phone.sync_status())
    return 0


def _today(phone: PhoneCore, _: argparse.Namespace) -> int:
    _show(phone.today())
    return 0


def _accounts(phone: PhoneCore, asked: argparse.Namespace) -> int:
    for row in phone.accounts(asked.query):
        _show(row)
    return 0


def _check_in(phone: PhoneCore, asked: argparse.Namespace) -> int:
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
    _show(phone.check_in(draft))
    return 0


def _export(phone: PhoneCore, asked: argparse.Namespace) -> int:
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in phone.export_outbox())
    if asked.file is None:
        sys.stdout.write(lines.decode())
    else:
        asked.file.write_bytes(lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
