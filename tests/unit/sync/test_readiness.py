"""Threads that decode a struct for the first time, all at once, do not bring the process down."""

import signal
import subprocess
import sys

_RACE = """
import sys, threading

import msgspec

import backend.app, backend.worker, mobile_client.core
from backend.sync.protocol.readiness import prepare_structs

ROOMS = ("backend.", "mobile_client.")


def below(kind):
    for child in kind.__subclasses__():
        yield child
        yield from below(child)


if sys.argv[1] == "prepared":
    prepare_structs()
sys.setswitchinterval(1e-6)
kinds = [one for one in below(msgspec.Struct) if one.__module__.startswith(ROOMS)]
for kind in kinds:
    values = {field.encode_name: None for field in msgspec.structs.fields(kind)}
    barrier = threading.Barrier(4)

    def convert():
        barrier.wait()
        try:
            msgspec.convert(values, kind)
        except msgspec.ValidationError:
            pass

    threads = [threading.Thread(target=convert) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
print(len(kinds), "survived")
"""


def _race(state: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _RACE, state], capture_output=True, text=True, check=False
    )


def test_prepared_structs_survive_a_race() -> None:
    """Every struct of the service and of the phone is converted by four threads at once."""
    done = _race("prepared")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[0]) > 100


def test_without_preparation_the_race_is_lost() -> None:
    """When this fails, msgspec has mended it, and `prepare_structs` may go."""
    assert any(_race("unprepared").returncode == -signal.SIGSEGV for _ in range(10))
