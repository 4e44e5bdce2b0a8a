"""The phone without a screen: `python -m mobile_client.sync --help`."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from mobile_client.core import PhoneCore, open_core
from mobile_client.device.clock import SystemClock
from mobile_client.device.fakes import fake_device
from mobile_client.device.sealing import SealError
from mobile_client.facade import EditError, OutboxNotEmpty, SignInError
from mobile_client.sync import commands
from mobile_client.sync.http import StorageProblem
from mobile_client.views import OUTCOMES, LonLat

_FAILED = 1
_WIDEST = 180
_HIGHEST = 90

type _Commands = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - has no other name


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command on the phone's folder; return the exit code."""
    asked = _parser().parse_args(arguments)
    run: Callable[[PhoneCore, argparse.Namespace], int] = asked.run
    clock = SystemClock()
    device = fake_device(clock, asked.at)
    try:
        with closing(open_core(asked.folder, asked.server, device, clock)) as phone:
            return run(phone, asked)
    except OutboxNotEmpty as error:
        sys.stderr.write(f"error: {error} Send them (sync), keep a copy (export), or --discard.\n")
    except (SignInError, EditError, SealError, StorageProblem, ValueError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
    return _FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mobile_client.sync",
        description="The phone's core without its screens. Every command prints JSON, one"
        " document a line; the exit code is 0 when all went well.",
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
    added = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_session_commands(added)
    _add_sync_commands(added)
    _add_edits(added)
    _add_boxes(added)
    return parser


def _add_session_commands(added: _Commands) -> None:
    sign_in = added.add_parser("sign-in", help="sign in; asks for the password")
    sign_in.add_argument("email")
    sign_in.add_argument("--password", default=os.environ.get("TUYEN_PASSWORD"))
    sign_in.set_defaults(run=commands.sign_in)
    sign_out = added.add_parser("sign-out", help="forget session and data")
    sign_out.add_argument("--discard", action="store_true", help="throw unsent work away")
    sign_out.set_defaults(run=commands.sign_out)


def _add_sync_commands(added: _Commands) -> None:
    for name, run, about in (
        ("sync", commands.sync, "send and receive everything now"),
        ("status", commands.status, "what waits to be sent, and how the last run ended"),
        ("today", commands.today, "the day's stops"),
        ("issues", commands.issues, "what needs a choice or was refused"),
    ):
        added.add_parser(name, help=about).set_defaults(run=run)
    accounts = added.add_parser("accounts", help="the accounts on this phone")
    accounts.add_argument("query", nargs="?", default="", help="words of name or address")
    accounts.set_defaults(run=commands.accounts)
    watch = added.add_parser("watch", help="stay in step, and tell of every change")
    watch.add_argument("--seconds", type=float, help="how long (default: until interrupted)")
    watch.set_defaults(run=commands.watch)


def _add_edits(added: _Commands) -> None:
    check_in = added.add_parser("check-in", help="check in at an account, by --at's position")
    check_in.add_argument("account", help="the account's id")
    check_in.add_argument("--outcome", choices=OUTCOMES, required=True)
    check_in.add_argument("--note", default="")
    check_in.add_argument("--photo", type=Path, action="append", default=[])
    check_in.add_argument("--voice", type=Path)
    check_in.set_defaults(run=commands.check_in)
    empties = added.add_parser("empties", help="empties brought (+3) or taken back (-3)")
    empties.add_argument("account", help="the account's id")
    empties.add_argument("difference", type=int)
    empties.set_defaults(run=commands.empties)
    resolve = added.add_parser("resolve", help="choose whose value stands in an issue")
    resolve.add_argument("issue", help="the issue's id, as `issues` shows it")
    resolve.add_argument("choice", choices=("mine", "theirs"))
    resolve.set_defaults(run=commands.resolve)


def _add_boxes(added: _Commands) -> None:
    export = added.add_parser("export", help="seal all unsent work and its files into one file")
    export.add_argument("file", type=Path, nargs="?", help="the file to write")
    export.add_argument(
        "--plain", action="store_true", help="JSON lines, unsealed and without files, to read"
    )
    export.set_defaults(run=commands.export)
    taken = added.add_parser("import", help="queue what another phone sealed")
    taken.add_argument("file", type=Path)
    taken.set_defaults(run=commands.import_)
    for one in (export, taken):
        one.add_argument(
            "--passphrase",
            default=os.environ.get("TUYEN_PASSPHRASE"),
            help="default: $TUYEN_PASSPHRASE, else it is asked for",
        )


def _position(text: str) -> LonLat:
    lon, lat = (float(part) for part in text.split(","))
    if abs(lon) > _WIDEST or abs(lat) > _HIGHEST:
        raise ValueError(text)
    return lon, lat


if __name__ == "__main__":
    sys.exit(main())
