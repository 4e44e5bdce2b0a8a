"""Territories as a hierarchy: what lies below one, and what one rolls up to."""

from collections.abc import Sequence
from uuid import UUID

from backend.api.problems import malformed_field
from backend.cube.member_repository import Territory

_DEEPEST = 64
"""No hierarchy is so deep; a loop of parents ends here."""


class Tree:
    """The territories of an organisation, and those of them that a person may see."""

    def __init__(self, territories: Sequence[Territory], seen: Sequence[UUID] | None) -> None:
        self.by_id = {one.id: one for one in territories}
        self._seen = None if seen is None else frozenset(seen)
        self._paths = {one.id: self._path(one) for one in territories}

    def sees(self, territory_id: UUID) -> bool:
        """Tell whether the person may see a territory."""
        return territory_id in self.by_id and (self._seen is None or territory_id in self._seen)

    def shown(self) -> list[Territory]:
        """Return the live territories that the person may see, by name."""
        return [one for one in self.by_id.values() if one.is_live and self.sees(one.id)]

    def depth(self, territory_id: UUID) -> int:
        """Return how many territories of the person's are above one."""
        return len(self._paths[territory_id]) - 1

    def rolled_up(self, territory_id: UUID, level: int | None) -> UUID:
        """Return the one above at a level, or the territory itself where it is no deeper."""
        path = self._paths[territory_id]
        return territory_id if level is None else path[min(level, len(path) - 1)]

    def below(self, values: Sequence[object]) -> list[UUID]:
        """Return territories with all below them; raise Malformed for one that is not seen."""
        wanted = set(self.ids(values, "filters"))
        unknown = [one for one in wanted if not self.sees(one)]
        if unknown:
            raise malformed_field(
                "filters",
                f"There is no territory {unknown[0]}, or it is not yours to see.",
                code="unknown_reference",
            )
        return [one for one, path in self._paths.items() if wanted.intersection(path)]

    @staticmethod
    def ids(values: Sequence[object], field: str) -> list[UUID]:
        """Return values as ids, without null; raise Malformed for what is none."""
        try:
            return [UUID(str(one)) for one in values if one is not None]
        except ValueError:
            raise malformed_field(field, "Filter by ids of this dimension, or null.") from None

    def _path(self, territory: Territory) -> list[UUID]:
        """Return the territories from the topmost that the person sees down to this one."""
        path = [territory.id]
        at = territory
        while at.parent_id is not None and len(path) < _DEEPEST:
            above = self.by_id.get(at.parent_id)
            if above is None or not self.sees(above.id):
                break
            at = above
            path.append(at.id)
        return path[::-1]
