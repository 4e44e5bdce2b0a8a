"""Who wants to know of changes."""

import threading
from collections.abc import Callable

from mobile_client.views import Topic

type Listener = Callable[[Topic], None]


class Listeners:
    """Calls everyone who subscribed, in the thread in which the change happened."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[int, Listener] = {}
        self._last = 0

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Add a listener; return the way to remove it, which may be called again."""
        with self._lock:
            self._last += 1
            key = self._last
            self._listeners[key] = listener

        def unsubscribe() -> None:
            with self._lock:
                self._listeners.pop(key, None)

        return unsubscribe

    def tell(self, *topics: Topic) -> None:
        """Call every listener once a topic."""
        with self._lock:
            listeners = list(self._listeners.values())
        for topic in topics:
            for listener in listeners:
                listener(topic)
