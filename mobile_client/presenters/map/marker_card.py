"""What a tapped marker says."""

from dataclasses import dataclass

from mobile_client.facade import Core
from mobile_client.i18n import Words


@dataclass(frozen=True, slots=True)
class MarkerCard:
    """The card over the map."""

    account_id: str
    name: str
    detail: str


def marker_card(core: Core, words: Words, account_id: str) -> MarkerCard | None:
    """The account in two lines; None when it left this phone meanwhile."""
    try:
        card = core.account(account_id)
    except KeyError:
        return None
    parts = (words.label("category", card.category), card.address)
    return MarkerCard(account_id, card.name, " · ".join(part for part in parts if part))
