"""The phone without a screen, as a script uses it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mobile_client.sync.__main__ import main
from tests.support.fake_server import PASSWORD, FakeServer
from tests.support.phones import Shop

_LOADED = (
    "import sys, mobile_client.core; print(*sorted(m for m in sys.modules"
    " if m.split('.')[0] in {'backend', 'kivy', 'litestar', 'sqlalchemy'}))"
)


def run(server: FakeServer, folder: Path, *words: str) -> int:
    return main(["--folder", str(folder), "--server", server.url, "--at", "24.9,60.1", *words])


def test_script_takes_a_rep_through_the_day(
    server: FakeServer, shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "phone"
    assert run(server, folder, "sign-in", "anna@example.com", "--password", PASSWORD) == 0
    assert run(server, folder, "sync") == 0
    assert run(server, folder, "accounts", "nguyen") == 0
    photo = tmp_path / "mine.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 50)
    words = ("check-in", shop.account, "--outcome", "met", "--photo", str(photo))
    assert run(server, folder, *words) == 0
    assert photo.exists()
    capsys.readouterr()
    assert run(server, folder, "export", "--plain") == 0
    exported = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["mutation"]["table"] for one in exported] == ["visit", "check_in", "media"]
    assert run(server, folder, "sign-out") == 1
    assert "not sent yet" in capsys.readouterr().err
    assert run(server, folder, "sync") == 0
    assert json.loads(capsys.readouterr().out)["left"] == 0
    for word in ("status", "today", "sign-out"):
        assert run(server, folder, word) == 0
    (check_in,) = server.records.image("check_in").values()
    assert check_in["location"] == [24.9, 60.1]


def test_script_tells_what_is_wrong(
    server: FakeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(server, tmp_path, "sign-in", "anna@example.com", "--password", "x") == 1
    assert "bad_credentials" in capsys.readouterr().err
    assert run(server, tmp_path, "check-in", "nothing", "--outcome", "met") == 1
    assert "No account" in capsys.readouterr().err
    assert run(server, tmp_path, "sync") == 1
    with pytest.raises(SystemExit):
        main(["--folder", str(tmp_path), "--at", "60.1,240.9", "status"])
    assert "--at" in capsys.readouterr().err


def test_core_loads_nothing_of_the_server_but_protocol_and_a_days_arithmetic() -> None:
    found = subprocess.run(
        [sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True
    )
    loaded = set(found.stdout.split())
    allowed = {"backend", "backend.sync", "backend.routes"}
    shared = ("backend.sync.protocol", "backend.routes.day")
    others = {name for name in loaded if not name.startswith(shared)}
    assert others <= allowed


def test_script_counts_empties_resolves_and_moves_unsent_work(
    server: FakeServer, shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, box = tmp_path / "phone", tmp_path / "unsent.box"
    assert run(server, folder, "sign-in", "anna@example.com", "--password", PASSWORD) == 0
    assert run(server, folder, "sync") == 0
    assert run(server, folder, "empties", shop.account, "+3") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"empties_owed": 3}
    assert run(server, folder, "empties", shop.account, "-9") == 1
    assert "empties" in capsys.readouterr().err
    words = ("--passphrase", "con mèo màu xanh")
    assert run(server, folder, "export", str(box), *words) == 0
    assert run(server, folder, "sign-out", "--discard") == 0
    assert run(server, folder, "sign-in", "anna@example.com", "--password", PASSWORD) == 0
    assert run(server, folder, "import", str(box), *words) == 0
    assert run(server, folder, "sync") == 0
    assert server.records.image("account")[shop.account]["empties_owed"] == 3
    assert run(server, folder, "import", str(box), "--passphrase", "another one") == 1
    assert run(server, folder, "export") == 1
    capsys.readouterr()
    assert run(server, folder, "watch", "--seconds", "0.01") == 0
    assert run(server, folder, "issues") == 0
    assert run(server, folder, "resolve", "nothing", "mine") == 1
    assert "No open issue" in capsys.readouterr().err


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    commands = "sign-in sign-out sync status today issues accounts watch check-in empties resolve"
    for name in (*commands.split(), "export", "import"):
        assert f"    {name} " in told
