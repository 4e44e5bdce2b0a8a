"""A kept value is a fixed point: cleaning it again changes nothing, whatever came in."""

import re

from hypothesis import given
from hypothesis import strategies as st

from backend.accounts.values import ValueRefused, clean

FIELDS = (
    "phone",
    "email",
    "website",
    "opening_hours",
    "preferred_hours",
    "tags",
    "location",
    "address",
)
texts = st.one_of(
    st.text(max_size=40),
    st.from_regex(re.compile(r"\+?[0-9 ()-]{3,18}"), fullmatch=True),
    st.sampled_from(["Mo-Fr 09:00-17:30", "lan@example.vn", "example.vn", "24/7"]),
)
values = st.one_of(
    st.none(), texts, st.lists(texts, max_size=4), st.lists(st.floats(), min_size=2, max_size=2)
)


@given(field=st.sampled_from(FIELDS), value=values)
def test_cleaning_twice_is_cleaning_once(field: str, value: object) -> None:
    is_list = field in {"tags", "location"}
    has_numbers = isinstance(value, list) and bool(value) and isinstance(value[0], float)
    if isinstance(value, list) != is_list or (field == "location") != has_numbers:
        return
    try:
        once = clean(field, value, "VN")
    except ValueRefused:
        return
    assert clean(field, once, "VN") == once
