"""The bar above every screen: is my work sent?"""

from dataclasses import dataclass
from typing import Literal

from mobile_client.i18n import Words
from mobile_client.views import SyncStatus

type Tone = Literal["ok", "info", "warn", "error"]


@dataclass(frozen=True, slots=True)
class Badge:
    """Icon, words and colour together, so that none of them has to be seen alone."""

    icon: str
    text: str
    tone: Tone


def badge(status: SyncStatus, words: Words) -> Badge:
    """The one thing the user should know: choices first, then no network, then waiting items."""
    waiting = status.waiting
    if status.issues:
        return Badge("alert", words("{n} need your choice", n=len(status.issues)), "error")
    match status.state:
        case "offline" if waiting:
            text = words("Offline – {n} saved on this phone", n=waiting)
            return Badge("cloud_off", text, "warn")
        case "offline":
            return Badge("cloud_off", words("Offline – everything is sent"), "warn")
        case "error":
            text = words("Sync stopped – {n} kept on this phone", n=waiting)
            return Badge("alert", text, "warn")
        case "syncing" | "idle":
            return _online(status, words)


def _online(status: SyncStatus, words: Words) -> Badge:
    if not status.waiting:
        return Badge("cloud_done", words("Everything is sent"), "ok")
    if status.state == "syncing":
        return Badge("sync", words("Sending {n}…", n=status.waiting), "info")
    return Badge("clock", words("{n} waiting to send", n=status.waiting), "info")
