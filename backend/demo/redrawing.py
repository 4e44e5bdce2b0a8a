"""The demo's territories designed anew: even in work and money, proposed, approved, published."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from shapely.geometry import shape

from backend.demo.office import Office
from backend.demo.service import DemoFailed
from backend.geo.hexagons import finest_for, rough_km2

_NAME = "Chia lại cho đều"
_MOST_CELLS, _FINEST = 5_000, 10
"""Of H3, as fine as so many allow: blocks of shops in a town, streets on an island."""
_MEASURES = ({"kind": "work"}, {"kind": "revenue", "tolerance": 0.05})
_SCENARIO = "even"
_SECONDS = 120


class Redrawn(msgspec.Struct, frozen=True):
    """What a design made of the territories; deviations are of 1, from equal work."""

    deviation: float
    deviation_before: float
    moved_accounts: int
    gap: float


def redraw(
    office: Office, approver: Office, territories: Sequence[Mapping[str, Any]]
) -> Redrawn | None:
    """Design territories anew and publish that at once; None where the demo did so before.

    Raise DemoFailed where the design fails, or leaves a territory in pieces.
    """
    if office.call("GET", "/v1/territory-designs")["items"]:
        return None
    ground = sum(rough_km2(shape(one["area"])) for one in territories)
    asked = {
        "name": _NAME,
        "territories": [{"territory_id": one["id"]} for one in territories],
        "measures": _MEASURES,
        "resolution": finest_for(ground, _MOST_CELLS, finest=_FINEST),
    }
    design = _wait(office, office.call("POST", "/v1/territory-designs", asked)["id"])
    scenarios = {one["name"]: one for one in design["summary"]["scenarios"]}
    chosen, before = scenarios[_SCENARIO], scenarios["keep"]
    if any(one["pieces"] > 1 for one in chosen["territories"]):
        raise DemoFailed("A territory that was designed is in pieces.")
    path = f"/v1/territory-designs/{design['id']}"
    told = office.call("GET", f"{path}/compare?scenario={_SCENARIO}")
    office.call("POST", f"{path}/propose", {"scenario": _SCENARIO})
    approver.call("POST", f"{path}/approve", {"scenario": _SCENARIO})
    office.call("POST", f"{path}/publish", {"scenario": _SCENARIO})
    return Redrawn(
        chosen["deviation"], before["deviation"], told["moved"]["accounts"], chosen["gap"]
    )


def _wait(office: Office, design_id: str) -> Mapping[str, Any]:
    until = time.monotonic() + _SECONDS
    while True:
        design: Mapping[str, Any] = office.call("GET", f"/v1/territory-designs/{design_id}")
        if design["status"] == "done":
            return design
        if design["status"] not in {"queued", "running"}:
            raise DemoFailed(f"The design is {design['status']}: {design['failure']}.")
        if time.monotonic() > until:
            raise DemoFailed(f"The design is not made after {_SECONDS} s.")
        time.sleep(0.2)
