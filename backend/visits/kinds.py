"""What a visit is for: a kind may have a length of its own, whatever the account's usual one is."""

from enum import StrEnum


class VisitKind(StrEnum):
    """What a visit is for; routine ones are as long as visits of their account usually are."""

    ROUTINE = "routine"
    FIRST = "first"
    """To a prospect that nobody has visited yet."""
    ORDER = "order"
    DELIVERY = "delivery"
    SERVICE = "service"


SPECIAL_KINDS = tuple(one for one in VisitKind if one is not VisitKind.ROUTINE)
"""The kinds that have a length of their own."""
