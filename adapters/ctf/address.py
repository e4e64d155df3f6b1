"""Postal addresses of a Common Transfer File, for pupils and contacts alike."""

import re
from typing import Any

from adapters.ctf.case import Case
from adapters.tree import Node, child, text

_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}", re.ASCII)
_LINES = tuple(f"AddressLine{number}" for number in range(1, 6))
_AREAS = ("Locality", "Town", "AdministrativeArea", "PostTown")
_MOST_LINES = 6


def postal_address(node: Node, case: Case, path: str) -> dict[str, Any]:
    """Return lines and postcode of an Address element; empty if it has no line."""
    lines: list[str] = []
    for part in (*_parts(node), text(node, "County")):
        if not part:
            continue
        part = case.line(" ".join(part.split()), path)
        # Post town and town are often the same, and so are county and administrative area.
        if part and part not in lines:
            lines.append(part)
    if not lines:
        return {}
    address: dict[str, Any] = {"lines": case.capped(lines, _MOST_LINES, path)}
    if postcode := _postcode(text(node, "PostCode"), case, path):
        address["postcode"] = postcode
    return address


def _parts(node: Node) -> list[str]:
    land = child(node, "BS7666Address")
    if land:
        street = f"{text(land, 'PAON')} {text(land, 'Street')}"
        return [text(land, "SAON"), street, *(text(land, name) for name in _AREAS)]
    lines = child(node, "AddressLines")
    return [text(lines, name) for name in _LINES]


def _postcode(written: str, case: Case, path: str) -> str:
    if not written or _POSTCODE.fullmatch(written):
        return written
    tidy = " ".join(written.upper().split())
    if not _POSTCODE.fullmatch(tidy):
        case.warn(
            "postcode",
            f"{path}/PostCode",
            "This is not a postcode of the United Kingdom; it was left out.",
            "Check it and type it in.",
        )
        return ""
    case.tally.change(f"Pupil/{path}/PostCode", "written in capitals with one space")
    return tidy
