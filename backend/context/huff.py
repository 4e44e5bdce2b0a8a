"""Which store draws whom: Huff's model of a trade area.

D. L. Huff, "A Probabilistic Analysis of Shopping Center Trade Areas", Land Economics 39 (1963): the
share of a place's demand that a store draws is its attractiveness by a power of how far it is, out
of the same of all stores. What is not among the stores draws nobody, so a share is one among those
named, not one of the market.
"""

import numpy as np
import numpy.typing as npt

from backend.geo.vocabulary import EARTH_RADIUS_M

type Floats = npt.NDArray[np.float64]


def shares_of(attractiveness: Floats, costs: Floats, decay: float, *, least: float) -> Floats:
    """Return each place's shares by store (rows, columns); they sum to 1, or all are 0.

    `costs` is NaN where a store is out of reach; `least` keeps what is next door from being at no
    distance, where one store would draw everybody.
    """
    # By logarithms, since powers of long distances go beyond what a number holds.
    with np.errstate(invalid="ignore"):
        pull = np.log(attractiveness) - decay * np.log(np.maximum(costs, least))
    pull = np.where(np.isfinite(pull), pull, -np.inf)
    best = pull.max(axis=1, keepdims=True, initial=-np.inf)
    drawn = np.exp(pull - np.where(np.isfinite(best), best, 0.0))
    total = drawn.sum(axis=1, keepdims=True)
    return np.divide(drawn, total, out=np.zeros_like(drawn), where=total > 0)


def metres_between(places: Floats, stores: Floats) -> Floats:
    """Return straight metres from each place (row) to each store (column), on the mean sphere."""
    a, b = np.radians(places)[:, None, :], np.radians(stores)[None, :, :]
    half = np.sin((b - a) / 2) ** 2
    chord = half[..., 1] + np.cos(a[..., 1]) * np.cos(b[..., 1]) * half[..., 0]
    found: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    return found
