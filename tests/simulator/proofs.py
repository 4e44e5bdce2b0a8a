"""Which weather makes each deliberate breakage show soon; without a breakage it must not matter."""

from collections.abc import Mapping

from tests.simulator.weather import RATES, Weather

CLIENT_BREAKAGE = "cursor kept apart"
"""The one that is in the device: rows and cursor are kept in two transactions."""

PROOFS: Mapping[str, Mapping[str, float]] = {
    "sequence cursor": {"writer dawdles": 0.6, "scope flips": 0.05},
    "no tests against the target": {"pause between pages": 0.9, "scope flips": 0.1},
    "deduplication by device": {
        "database cloned to a second phone": 0.15,
        "device restored from backup": 0.5,
        "answer lost after commit": 0.7,
    },
    "results stored apart": {"server killed in mid-push": 0.25},
    "drops by the device's word": {
        "scope flips": 0.5, "client killed before apply": 0.4, "page lost": 0.1,
    },
    CLIENT_BREAKAGE: {"scope flips": 0.5, "client killed between apply and cursor": 0.5},
}  # fmt: skip


def weather_for(breakage: str) -> Weather:
    """Return a weather in which a breakage shows; everything else is quiet."""
    weather = Weather(more={**dict.fromkeys(RATES, 0.0), **PROOFS[breakage]})
    weather.haste = 1.0
    return weather
