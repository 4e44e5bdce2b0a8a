"""Byte ranges: what is asked for, and what is no range."""

import pytest

from backend.maps.ranges import RangeNotSatisfiable, Span, requested_span

TAG = '"abc"'


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-", Span(0, 100)),
        ("bytes=10-19", Span(10, 20)),
        ("bytes=90-500", Span(90, 100)),
        ("bytes=-30", Span(70, 100)),
        ("bytes=-500", Span(0, 100)),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
        ("", None),
    ],
)
def test_a_single_range_is_understood(asked: str, span: Span | None) -> None:
    assert requested_span({"range": asked}, TAG, 100) == span


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=20-10", "bytes=-0"])
def test_a_range_beyond_the_file_is_refused(asked: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        requested_span({"range": asked}, TAG, 100)


def test_a_file_that_changed_since_is_sent_whole() -> None:
    assert requested_span({"range": "bytes=5-", "if-range": '"old"'}, TAG, 100) is None
