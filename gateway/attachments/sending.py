"""Files of a transfer that is sent: found among those that were handed in, and opened to those they go to."""

from collections.abc import Mapping
from typing import Any

from gateway.attachments import upload
from gateway.services import Services
from schemas import Finding
from signing.stream import Manifest

#: A file can be fetched for this long after the transfer's deadline: a bundle may arrive on its last day.
_AFTER_MS = 14 * 86_400_000


def manifests(
    services: Services, transfer: Mapping[str, Any]
) -> tuple[dict[str, Manifest], tuple[Finding, ...]]:
    """The manifest of each file of a transfer, by its id, and what is wrong with the others."""
    org = transfer["from"]["organisation"]
    found: dict[str, Manifest] = {}
    problems = []
    for index, entry in enumerate(transfer.get("attachments", ())):
        known = services.files.ledger.upload(org, entry["id"])
        if known is None or known.address is None:
            problems.append(_missing(index))
        elif (known.size, known.sha256) != (entry["size"], entry["sha256"]):
            problems.append(_differs(index))
        else:
            found[entry["id"]] = upload.manifest(services, known)
    return found, tuple(problems)


def with_keys(body: dict[str, Any], found: Mapping[str, Manifest]) -> dict[str, Any]:
    """A bundle's body in which each file's entry says where the file is and how it is opened.

    A file that was not found stays as it is: only a request that was accepted before has such.
    """
    entries = [
        {**entry, **found[entry["id"]].members()} if entry["id"] in found else entry
        for entry in body["attachments"]
    ]
    return {**body, "attachments": entries}


def let_travel(services: Services, reader: str, body: Mapping[str, Any], deadline_ms: int) -> None:
    """Lets the receiver of a bundle fetch its files, durably. Call before the bundle is kept."""
    addresses = [entry["sealed"]["sha256"] for entry in body["attachments"] if "sealed" in entry]
    services.files.ledger.may_travel(addresses, reader, deadline_ms + _AFTER_MS)


def _missing(index: int) -> Finding:
    return Finding(
        "attachment.not-uploaded",
        "error",
        f"/attachments/{index}/id",
        "This file was not handed in to the gateway, or not to its end.",
        "Send the file to /api/v1/attachments/<its id> first, then the transfer.",
    )


def _differs(index: int) -> Finding:
    return Finding(
        "attachment.differs",
        "error",
        f"/attachments/{index}",
        "The file that was handed in has another length or digest than the transfer says.",
        "Take size and sha256 from the gateway's answer, or hand in the right file.",
    )
