"""The standard's data that a page needs: area titles, scales and role titles, as `schemas` publishes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import schemas
from schemas import Area, Scale, routes

FindScale = Callable[[str], Scale | None]

# A final report names no framework; this is the one that its area codes are taken from.
_FRAMEWORK = ("urn:ltp:framework:ap-framework", "1.0.0")


@dataclass(frozen=True, slots=True)
class Reference:
    """Everything that is looked up while a page is prepared."""

    areas: Mapping[str, Area]
    roles: Mapping[str, str]
    scale: FindScale

    def area(self, code: str) -> str:
        """The area's title; an area of another framework keeps its code."""
        return self.areas[code].label if code in self.areas else code

    def role(self, code: str) -> str:
        """The role's title; an unknown role keeps its code."""
        return self.roles.get(code, code)

    def domains(self) -> Mapping[str, tuple[Area, ...]]:
        """The areas by the title of their domain, both in the framework's order."""
        found: dict[str, tuple[Area, ...]] = {}
        for area in self.areas.values():
            found[area.domain_label] = (*found.get(area.domain_label, ()), area)
        return found


@cache
def published() -> Reference:
    """What this installation of the standard says."""
    return Reference(
        areas=schemas.areas(*_FRAMEWORK),
        roles={name: role.title for name, role in routes.roles().items()},
        scale=registered,
    )


def registered(reference: str) -> Scale | None:
    """The registered scale, or none: what is measured on an unknown scale can be shown, not compared."""
    try:
        return schemas.scale(reference)
    except schemas.UnknownName:
        return None
