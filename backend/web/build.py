"""Fetch the pages' npm libraries by lock file and copy them into the static folder.

`python -m backend.web.build` does nothing when they are up to date.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from backend.web.libraries import (
    FILES,
    LOCK_FILE,
    ROOT,
    STAMP,
    VENDOR_DIR,
    is_built,
    lock_stamp,
    target_of,
)

Say = Callable[[str], object]


class BuildError(RuntimeError):
    """The pages' libraries could not be put in place; the message says what to do."""


def build(say: Say = print, *, npm: str = "npm") -> bool:
    """Copy the libraries; return False when they were up to date. Raise BuildError otherwise."""
    if is_built():
        say("The pages' libraries are up to date.")
        return False
    if not LOCK_FILE.is_file():
        raise BuildError(
            f"{LOCK_FILE.name} is not there, and the installed files are incomplete: "
            "install the package again, or build from a source tree."
        )
    program = shutil.which(npm)
    if program is None:
        raise BuildError(
            f"'{npm}' was not found. It fetches the pages' libraries: install Node.js 20 or newer "
            "with npm (Debian: apt-get install nodejs npm), then try again."
        )
    say("Fetching the pages' libraries from npm ...")
    with tempfile.TemporaryDirectory(prefix="tuyen-web-") as folder:
        _install(program, Path(folder))
        count = _copy(Path(folder) / "node_modules")
    say(f"{count} files of {len(FILES)} libraries are in place.")
    return True


def _install(program: str, folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, folder / name)
    command = [program, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
    # The lock file keeps versions and hashes but no addresses, so that any mirror serves.
    command += ["--omit-lockfile-registry-resolved", "--loglevel=error"]
    done = subprocess.run(  # noqa: S603  # our own fixed command
        command, cwd=folder, check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise BuildError(f"npm could not fetch the libraries:\n{done.stderr.strip()}")


def _copy(modules: Path) -> int:
    fresh = VENDOR_DIR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    count = 0
    for package, names in FILES.items():
        for name in names:
            source = modules / package / name
            if not source.is_file():
                raise BuildError(f"{package} has no file {name}: its version does not fit.")
            target = fresh / target_of(package, name).relative_to(VENDOR_DIR)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_without_source_map(source))
            count += 1
    notices = "".join(_notice(modules / package) for package in FILES)
    (fresh / "licences.txt").write_text(notices, encoding="utf-8")
    (fresh / STAMP.name).write_text(lock_stamp(), encoding="utf-8")
    shutil.rmtree(VENDOR_DIR, ignore_errors=True)
    fresh.rename(VENDOR_DIR)
    return count


def _notice(package: Path) -> str:
    """Return a library's name, version, licence and authors, as its package states them."""
    told = msgspec.json.decode((package / "package.json").read_bytes(), type=dict[str, object])
    fields = ("name", "version", "license", "author", "repository")
    return "".join(f"{field}: {told[field]}\n" for field in fields if field in told) + "\n"


def _without_source_map(source: Path) -> bytes:
    """Return a file without its pointer to a source map, which is not shipped."""
    lines = source.read_bytes().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(b"//# sourceMappingURL="))


if __name__ == "__main__":
    try:
        build()
    except BuildError as error:
        sys.exit(str(error))
