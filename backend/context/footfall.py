"""How many people come by, as an index: a proxy of what draws them, never a number of people.

Nobody is counted. An index of 0 to 100 tells which of two places has more reason to be walked to.
Points are summed over what stands in a hexagon, and their density is put on a logarithmic scale,
because the tenth café on a square tells less than the first. The weights are judgements, in units
of "one small shop", and stand here alone, so that they can be fitted to one's visits and orders:

* a small shop, an office: 1. Some dozens of people a day.
* food and drink 2: more of a day's hours, and people who stay.
* a bank, a surgery, a place of culture or worship 2: visited in waves.
* a supermarket or a department store 8, a market 15: what others settle around.
* a school 6, a hospital 10, a university 12: hundreds to thousands of people twice a day.
* a bus stop 2, a station 12: where people walk from.
* a km of pedestrian street 20, of main road 3: a street made for walking is one because people do;
  a main road brings them by, yet does not make them stop.
"""

from collections.abc import Mapping

POINTS: Mapping[str, float] = {
    "poi_shop": 1, "poi_office": 1, "poi_food": 2, "poi_finance": 2, "poi_health": 2,
    "poi_culture": 2, "poi_magnet": 8, "poi_market": 15, "poi_school": 6, "poi_hospital": 10,
    "poi_university": 12, "stops": 2, "stations": 12, "pedestrian_km": 20, "primary_km": 3,
}  # fmt: skip
FULL = 5000.0
"""Points a km² from which on the index is 100: a little more than the middles of Porto, Munich and
Helsinki have at their densest hexagon."""
ENOUGH_PLACES = 20
"""With fewer, one mapper's zeal decides."""
