"""The npm libraries of the pages: which files each one gives, and whether they are in place."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATIC_DIR = Path(__file__).resolve().parent / "static"
VENDOR_DIR = STATIC_DIR / "vendor"
LOCK_FILE = ROOT / "package-lock.json"
STAMP = VENDOR_DIR / "built-from.txt"

FILES = {
    "maplibre-gl": (
        "dist/maplibre-gl.mjs",
        "dist/maplibre-gl-shared.mjs",
        "dist/maplibre-gl-worker.mjs",
        "dist/maplibre-gl.css",
        "LICENSE.txt",
    ),
    "terra-draw": ("dist/terra-draw.modern.js",),
    "terra-draw-maplibre-gl-adapter": ("dist/terra-draw-maplibre-gl-adapter.modern.js",),
    "uplot": ("dist/uPlot.esm.js", "dist/uPlot.min.css", "LICENSE"),
}
"""What is copied of each package, by its path inside the package."""

MODULES = {
    "maplibre-gl": "maplibre-gl/maplibre-gl.mjs",
    "terra-draw": "terra-draw/terra-draw.modern.js",
    "terra-draw-maplibre-gl-adapter": (
        "terra-draw-maplibre-gl-adapter/terra-draw-maplibre-gl-adapter.modern.js"
    ),
    "uplot": "uplot/uPlot.esm.js",
}
"""What the bare names in our modules, and in the libraries', stand for, inside the folder."""


def target_of(package: str, file: str) -> Path:
    """Return where a library's file is copied to."""
    return VENDOR_DIR / package / Path(file).name


def lock_stamp() -> str:
    """Return what the vendor folder must have been built from: a hash of lock file and list."""
    wanted = repr(sorted(FILES.items())).encode()
    return hashlib.sha256(LOCK_FILE.read_bytes() + wanted).hexdigest()


def static_version() -> str:
    """Return a name for the present state of all static files, by their content."""
    state = hashlib.blake2b(digest_size=6)
    for file in sorted(STATIC_DIR.rglob("*")):
        if file.is_file() and VENDOR_DIR not in file.parents:
            state.update(file.relative_to(STATIC_DIR).as_posix().encode() + file.read_bytes())
    if LOCK_FILE.is_file():
        state.update(lock_stamp().encode())
    elif STAMP.is_file():
        state.update(STAMP.read_bytes())
    return state.hexdigest()


def is_built() -> bool:
    """Tell whether every file is in place and made from the present lock file.

    An installed wheel has no lock file: there the files being in place is all that can be asked.
    """
    files = (target_of(package, name) for package, names in FILES.items() for name in names)
    if not all(file.is_file() for file in files):
        return False
    if not LOCK_FILE.is_file():
        return True
    return STAMP.is_file() and STAMP.read_text(encoding="utf-8") == lock_stamp()
