"""How wrong passwords slow down: by account, by email that nobody has, and by address."""

import hashlib
import ipaddress
import threading
from collections import OrderedDict

_FREE_TRIES = 5
_FIRST_LOCK_S = 30.0
_LONGEST_LOCK_S = 900.0


def lock_seconds(failures: int) -> float:
    """Return how long an account stays locked after so many wrong passwords in a row."""
    if failures < _FREE_TRIES:
        return 0.0
    return min(_FIRST_LOCK_S * 2.0 ** min(failures - _FREE_TRIES, 32), _LONGEST_LOCK_S)


class AddressThrottle:
    """Wrong passwords by client address: `burst` at once, then one every `interval_s` (GCRA).

    Only failures count, so that an office behind one address can sign in together.
    """

    def __init__(
        self, *, burst: int = 30, interval_s: float = 10.0, max_addresses: int = 10_000
    ) -> None:
        self._tolerance_s = (burst - 1) * interval_s
        self._interval_s = interval_s
        self._max = max_addresses
        self._due_at: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def wait_seconds(self, address: str, now_s: float) -> float:
        """Return how long the address has to wait; 0 when it may try now."""
        with self._lock:
            due_at = self._due_at.get(_network(address), now_s)
        return max(0.0, due_at - now_s - self._tolerance_s)

    def record_failure(self, address: str, now_s: float) -> None:
        """Count one wrong password."""
        key = _network(address)
        with self._lock:
            self._due_at[key] = max(self._due_at.get(key, now_s), now_s) + self._interval_s
            _keep_newest(self._due_at, key, self._max)


class UnknownEmails:
    """Locks for emails that nobody has, so that a lock does not tell which emails exist."""

    def __init__(self, *, max_emails: int = 10_000) -> None:
        self._max = max_emails
        self._failures: OrderedDict[bytes, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_seconds(self, email: str, now_s: float) -> float:
        """Return how long the email stays locked; 0 when it is not."""
        with self._lock:
            _, until = self._failures.get(_digest(email), (0, now_s))
        return max(0.0, until - now_s)

    def record_failure(self, email: str, now_s: float) -> None:
        """Count one wrong password."""
        key = _digest(email)
        with self._lock:
            failures = self._failures.get(key, (0, 0.0))[0] + 1
            self._failures[key] = (failures, now_s + lock_seconds(failures))
            _keep_newest(self._failures, key, self._max)


def _keep_newest[K, V](table: OrderedDict[K, V], key: K, most: int) -> None:
    table.move_to_end(key)
    while len(table) > most:
        table.popitem(last=False)


def _digest(email: str) -> bytes:
    return hashlib.sha256(email.casefold().encode(errors="replace")).digest()


def _network(address: str) -> str:
    """Return what one subscriber holds: an IPv4 address, or an IPv6 /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
