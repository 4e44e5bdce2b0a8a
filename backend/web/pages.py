"""Renders the page's shell: everything it shows comes through the API, with the person's token."""

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

import jinja2
import msgspec
from markupsafe import Markup

from backend.web.libraries import MODULES, static_version

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
STATIC_PATH = f"/static/{static_version()}"
"""The files' address names their content, so that browsers may keep them for good."""


@lru_cache(maxsize=1)
def import_map() -> str:
    """Return the page's one inline script: browsers take import maps from nowhere else."""
    imports = {name: f"{STATIC_PATH}/vendor/{file}" for name, file in MODULES.items()}
    return msgspec.json.encode({"imports": imports}).decode()


@lru_cache(maxsize=1)
def security_headers() -> dict[str, str]:
    """Return the page's headers: our own files and nothing else, no inline code but the map."""
    digest = base64.b64encode(hashlib.sha256(import_map().encode()).digest()).decode()
    policy = (
        "default-src 'none'",
        f"script-src 'self' 'sha256-{digest}'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }


def render_map_page(language: str) -> str:
    """Return the map page's HTML in one of our languages."""
    return _ENVIRONMENT.get_template("map.html").render(
        language=language,
        static=STATIC_PATH,
        import_map=Markup(import_map()),  # noqa: S704
    )
