"""What signing in and staying signed in can answer."""

import math

from backend.api.problems import Conflict, Forbidden, Problem, Unauthenticated


class BadCredentials(Unauthenticated):
    """Email and password do not belong together; it never says which of the two is wrong."""

    code, title = "bad_credentials", "Not signed in"

    def __init__(self) -> None:
        super().__init__("Email or password is wrong: check both and try again.")


class TooManyAttempts(Problem):
    """Too many wrong passwords; the wait is in Retry-After."""

    status, code, title = 429, "too_many_attempts", "Too many attempts"

    def __init__(self, wait_seconds: float) -> None:
        seconds = max(1, math.ceil(wait_seconds))
        super().__init__(
            f"Too many wrong passwords: try again in {seconds} seconds.",
            headers={"Retry-After": str(seconds)},
        )


class UserDisabled(Forbidden):
    """The person may not sign in any more."""

    code, title = "user_disabled", "This person is disabled"

    def __init__(self) -> None:
        super().__init__("This person is disabled: ask an administrator of your organisation.")


class DeviceRevoked(Unauthenticated):
    """The device was revoked: it wipes its copy of the data."""

    code, title = "device_revoked", "This device was revoked"

    def __init__(self) -> None:
        super().__init__(
            "This device was revoked: remove its data, then sign in under a new device id."
        )


class DeviceOfAnother(Conflict):
    """The device id belongs to somebody else."""

    code, title = "device_of_another_user", "This device belongs to somebody else"

    def __init__(self) -> None:
        super().__init__("This device id belongs to somebody else: sign in under a new device id.")


class SessionEnded(Unauthenticated):
    """The access token was good, but its sign-in has ended since."""

    def __init__(self) -> None:
        super().__init__("This sign-in has ended: sign in again.")


class RefreshInvalid(Unauthenticated):
    """The refresh token is not ours, not this device's, ended or too old."""

    code = "refresh_invalid"

    def __init__(self, detail: str = "The refresh token cannot be used: sign in again.") -> None:
        super().__init__(detail)


class RefreshReused(Unauthenticated):
    """A refresh token came twice: the whole sign-in has ended, for one of the two is a thief."""

    code = "refresh_reused"

    def __init__(self) -> None:
        super().__init__(
            "This refresh token was used before, so the sign-in has ended: sign in again."
        )
