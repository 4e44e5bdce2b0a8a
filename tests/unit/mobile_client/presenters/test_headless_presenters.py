import subprocess
import sys
from pathlib import Path

import mobile_client

HEADLESS = ("views", "facade", "i18n", "core", "presenters")


def test_only_screens_and_app_import_kivy() -> None:
    root = Path(mobile_client.__file__).parent
    modules = [
        ".".join(("mobile_client", *path.relative_to(root).with_suffix("").parts))
        for name in HEADLESS
        for path in [*root.glob(f"{name}.py"), *root.glob(f"{name}/**/*.py")]
        if path.name != "__init__.py"
    ]
    code = f"import sys\nfor m in {modules!r}: __import__(m)\nassert 'kivy' not in sys.modules"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root.parent, capture_output=True, text=True, check=False
    )
    assert len(modules) > 10
    assert done.returncode == 0, done.stderr
