"""A registered framework as a CASE 1.1 package, so that any tool for competency frameworks can read it."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from schemas.framework import Framework, framework

BASE = "https://w3id.org/ltp/case/"


def package(framework_id: str, version: str) -> dict[str, Any]:
    """Return one version of a framework as a CFPackage, or raise UnknownName.

    The same framework gives the same package: identifiers are made from its id, version and codes.
    """
    found = framework(framework_id, version)
    return {
        "CFDocument": _document(found),
        "CFItems": [_item(found, code, label, kind) for code, label, kind, _ in _nodes(found)],
        "CFAssociations": list(_associations(found)),
    }


def _document(found: Framework) -> dict[str, Any]:
    return _identity(found, "") | {
        "caseVersion": "1.1",
        "creator": found.publisher,
        "title": found.title,
        "version": found.version,
        "language": "en-GB",
        "notes": found.note,
    }


def _nodes(found: Framework) -> Iterator[tuple[str, str, str, str]]:
    """Yield code, label, kind and parent of each node: a domain before its areas, in the framework's order."""
    domains = {area.domain: area.domain_label for area in found.areas.values()}
    for domain, domain_label in domains.items():
        yield domain, domain_label, "Domain", ""
        for area in found.areas.values():
            if area.domain == domain:
                yield area.code, area.label, "Area", domain


def _item(found: Framework, code: str, label: str, kind: str) -> dict[str, Any]:
    return _identity(found, code) | {
        "fullStatement": label,
        "humanCodingScheme": code,
        "CFItemType": kind,
        "language": "en-GB",
    }


def _associations(found: Framework) -> Iterator[dict[str, Any]]:
    labels = {"": found.title} | {code: label for code, label, _, _ in _nodes(found)}
    placed = dict.fromkeys(labels, 0)
    for code, _, _, parent in _nodes(found):
        placed[parent] += 1
        yield _identity(found, f"{code}/isChildOf") | {
            "associationType": "isChildOf",
            "sequenceNumber": placed[parent],
            "originNodeURI": _link(found, code, labels),
            "destinationNodeURI": _link(found, parent, labels),
        }


def _link(found: Framework, code: str, labels: Mapping[str, str]) -> dict[str, str]:
    identifier = _identifier(found, code)
    return {"title": labels[code], "identifier": identifier, "uri": BASE + identifier}


def _identity(found: Framework, code: str) -> dict[str, Any]:
    identifier = _identifier(found, code)
    return {"identifier": identifier, "uri": BASE + identifier, "lastChangeDateTime": found.changed}


def _identifier(found: Framework, code: str) -> str:
    # The version is part of it: an area may be worded anew, and one identifier must not name two wordings.
    return str(uuid5(NAMESPACE_URL, f"{BASE}{found.ref}:{found.version}/{code}"))
