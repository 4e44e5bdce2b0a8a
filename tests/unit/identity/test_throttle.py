"""How wrong passwords slow down."""

import pytest

from backend.identity.throttle import AddressThrottle, UnknownEmails, lock_seconds


def test_a_lock_doubles_from_the_fifth_failure_up_to_a_quarter_of_an_hour() -> None:
    assert [lock_seconds(failures) for failures in (0, 4, 5, 6, 7, 9, 10, 99_999)] == [
        0, 0, 30, 60, 120, 480, 900, 900,
    ]  # fmt: skip


def test_an_address_may_fail_in_a_burst_then_at_a_slow_beat() -> None:
    throttle = AddressThrottle(burst=3, interval_s=10)
    for _ in range(3):
        assert throttle.wait_seconds("203.0.113.9", 1000) == 0
        throttle.record_failure("203.0.113.9", 1000)
    assert throttle.wait_seconds("203.0.113.9", 1000) == 10
    assert throttle.wait_seconds("203.0.113.10", 1000) == 0
    assert throttle.wait_seconds("203.0.113.9", 1010) == 0
    throttle.record_failure("203.0.113.9", 1010)
    assert throttle.wait_seconds("203.0.113.9", 1010) == 10
    assert throttle.wait_seconds("203.0.113.9", 1100) == 0


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
        ("a socket", "a socket", True),
        ("a socket", "", False),
    ],
)
def test_one_subscriber_is_one_address(first: str, second: str, *, is_same: bool) -> None:
    throttle = AddressThrottle(burst=1, interval_s=10)
    throttle.record_failure(first, 1000)
    assert (throttle.wait_seconds(second, 1000) > 0) is is_same


def test_an_unknown_email_is_locked_like_a_known_one() -> None:
    emails = UnknownEmails()
    for failures in range(1, 8):
        emails.record_failure("Nobody@songhan.vn", 1000)
        assert emails.wait_seconds("nobody@SONGHAN.vn", 1000) == lock_seconds(failures)
    assert emails.wait_seconds("another@songhan.vn", 1000) == 0
    assert emails.wait_seconds("nobody@songhan.vn", 1120) == 0


def test_memory_is_bounded_and_keeps_the_newest() -> None:
    throttle = AddressThrottle(burst=1, interval_s=10, max_addresses=2)
    emails = UnknownEmails(max_emails=2)
    for name in ("a", "b", "c"):
        throttle.record_failure(name, 1000)
        for _ in range(5):
            emails.record_failure(name, 1000)
    assert [throttle.wait_seconds(name, 1000) for name in ("a", "b", "c")] == [0, 10, 10]
    assert [emails.wait_seconds(name, 1000) for name in ("a", "b", "c")] == [0, 30, 30]
