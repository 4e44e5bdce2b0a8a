"""Whatever is sent as a GPX file is read, or refused in words."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from backend.api.problems import Malformed
from backend.routes.followup.traces import read_gpx

_texts = st.text(max_size=20) | st.sampled_from(
    ["nan", "inf", "1e400", "-200", "60.1", "2026-11-16T10:00:00Z", "24:61", "", "--"]
)


@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(Malformed):
        read_gpx(content)


@given(_texts, _texts, _texts, _texts)
def test_any_values_are_read_or_refused(lat: str, lon: str, at: str, high: str) -> None:
    def safe(text: str) -> str:
        return "".join(one for one in text if one.isprintable() and one not in "<>&\"'")

    content = (
        f'<gpx version="1.1"><trk><trkseg><trkpt lat="{safe(lat)}" lon="{safe(lon)}">'
        f"<ele>{safe(high)}</ele><time>{safe(at)}</time></trkpt></trkseg></trk></gpx>"
    )
    with suppress(Malformed):
        (point,) = read_gpx(content.encode())
        assert point.at.tzinfo is not None
