"""The map's colours, seen by people who are colour-blind."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.maps.palette import GOOD, NAMES, STEPS, WARNINGS

# Linear RGB as deuteranopes and protanopes see it: Viénot, Brettel and Mollon (1999).
SEEN = {
    "everybody": np.eye(3),
    "deuteranope": np.array([[0.293, 0.707, 0], [0.293, 0.707, 0], [-0.022, 0.022, 1]]),
    "protanope": np.array([[0.112, 0.888, 0], [0.112, 0.888, 0], [0.004, -0.004, 1]]),
}
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = np.array([0.9505, 1.0, 1.089])


def lab(color: str, eyes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return CIE L*a*b* of a colour as some eyes see it."""
    rgb = np.array([int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = _TO_XYZ @ np.clip(eyes @ linear, 0, 1) / _WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("who", SEEN)
def test_names_are_told_apart(who: str, theme: str) -> None:
    seen = [lab(getattr(one, theme), SEEN[who]) for one in NAMES]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) >= 9


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("who", SEEN)
@pytest.mark.parametrize("steps", [STEPS, WARNINGS])
def test_steps_keep_their_order_by_lightness(
    who: str, theme: str, steps: tuple[object, ...]
) -> None:
    lightness = [lab(getattr(one, theme), SEEN[who])[0] for one in steps]
    falling = lightness if theme == "light" else lightness[::-1]
    assert all(a - b >= 6 for a, b in itertools.pairwise(falling))
    good = lab(getattr(GOOD, theme), SEEN[who])
    if steps is WARNINGS:
        others = [lab(getattr(one, theme), SEEN[who]) for one in WARNINGS]
        assert min(np.linalg.norm(good - one) for one in others) >= 20
