"""The local API, ``/api/v1``: for an organisation's own systems and staff, with scoped bearer tokens.

Each handler reads the raw body, asks one function of the gateway, and writes down its answer. Errors become
problem details in one place (``gateway.app``), and no answer repeats a value that was submitted.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

import schemas
from gateway import inbox, send
from gateway.attachments import reading
from gateway.pages import render_final_report
from gateway.problems import NotFound, Refused
from gateway.services import Services
from gateway.store.records import BundleRow, ReceiptRow
from gateway.tokens import Rights, check
from gateway.transfer import RECEIPTED, State
from gateway.wire import read_limited
from schemas import Finding, rules
from signing import DirectoryError

R = TypeVar("R")

#: The most that a posted transfer may be: several full messages and some air.
MOST_BYTES = 8 * 1024 * 1024
_PAGE = 50

#: As much as the server takes in of any body before somebody reads it.
_SHORT = 64 * 1024

#: A cursor of the inbox; within what every database and every JSON reader holds exactly.
_After = Annotated[int, Query(ge=0, lt=2**53)]

#: A cursor of the transfers, ``<milliseconds>_<transferId>``: before everything there is.
_NEWEST = f"{2**53}_"


def router(services: Services) -> APIRouter:
    """The routes of the local API for one gateway."""
    api = APIRouter(prefix="/api/v1", tags=["local"])

    def rights(request: Request, *scopes: str) -> Rights:
        found = check(services.store, request.headers.get("authorization"), services.clock.ms)
        for scope in scopes:
            found.demand(scope)
        return found

    async def work(function: Callable[..., R], *args: object) -> R:
        return await asyncio.to_thread(function, *args)

    async def with_body(request: Request, scope: str, function: Callable[[Rights, bytes], R]) -> R:
        """Checks the token and works on the body, in one thread: to hand over twice takes longer than the check."""
        if not _is_short(request):
            # Nobody makes us hold much without a token.
            await work(rights, request, scope)
        body = await read_limited(request, MOST_BYTES)
        return await work(lambda: function(rights(request, scope), body))

    @api.post("/validate", summary="Check a transfer or a document; nothing is sent or kept")
    async def validate(request: Request) -> Response:
        return _json(await with_body(request, "validate", lambda _who, body: _validated(body)))

    @api.post("/transfers", status_code=202, summary="Send a transfer")
    async def post_transfer(request: Request) -> Response:
        key = request.headers.get("idempotency-key")
        accept = partial(_accepted, services, key)
        shown, fresh = await with_body(request, "transfers", accept)
        location = f"/api/v1/transfers/{shown['transferId']}"
        return _json(shown, 202 if fresh else 200, {"Location": location})

    @api.get("/transfers", summary="The transfers of this organisation, newest first")
    async def list_transfers(request: Request, before: str = _NEWEST, limit: int = _PAGE) -> Response:
        who = await work(rights, request, "transfers")
        wanted = partial(services.store.transfers, dsl="dsl" in who.row.scopes)
        rows = await work(wanted, who.organisation, _cursor(before), _limited(limit))
        items = [{"transferId": row.transfer_id, "acceptedAt": _instant(row.created_ms)} for row in rows]
        last = f"{rows[-1].created_ms}_{rows[-1].transfer_id}" if rows else None
        return _json({"transfers": items, "before": last})

    @api.get("/transfers/{transfer_id}", summary="How a transfer fares, with the receipts of each recipient")
    async def get_transfer(request: Request, transfer_id: str) -> Response:
        who = await work(rights, request, "transfers")
        return _json(await work(_transfer, services, who, transfer_id))

    @api.get("/inbox", summary="What was received, oldest first, as far as this token's roles may know of it")
    async def list_inbox(request: Request, after: _After = 0, limit: int = _PAGE) -> Response:
        who = await work(rights, request, "inbox")
        rows = await work(inbox.entries, services, who, after, _limited(limit))
        return _json({"bundles": [_entry(row) for row in rows], "after": rows[-1].id if rows else after})

    @api.get(
        "/inbox/{bundle_id}",
        summary="Open a bundle; its sender is told that it was opened, and in which role",
    )
    async def get_bundle(request: Request, bundle_id: str) -> Response:
        who = await work(rights, request, "inbox")
        as_page = "text/html" in request.headers.get("accept", "")
        render = partial(_page, services) if as_page else partial(_opened, services)
        return await work(inbox.read, services, who, bundle_id, render)

    @api.post(
        "/inbox/{bundle_id}/accept", summary="Accept a bundle into the record; the sender gets a receipt"
    )
    async def accept_bundle(request: Request, bundle_id: str) -> Response:
        who = await work(rights, request, "inbox")
        done = await work(inbox.decide, services, who, bundle_id, (State.ACCEPTED, None))
        return _json({**_entry(done.row), "receipts": _receipts(done.receipts)})

    @api.post("/inbox/{bundle_id}/reject", summary="Reject a bundle with a published reason code")
    async def reject_bundle(request: Request, bundle_id: str) -> Response:
        who = await work(rights, request, "inbox")
        code = _rejection(await read_limited(request, 1024))
        done = await work(inbox.decide, services, who, bundle_id, (State.REJECTED, code))
        return _json({**_entry(done.row), "receipts": _receipts(done.receipts)})

    @api.get("/organisations", summary="Who can be sent to: the organisations of the directory")
    async def organisations(request: Request) -> Response:
        await work(rights, request)
        return _json({"organisations": await work(_organisations, services)})

    return api


def _json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(value), status, headers=headers, media_type="application/json")


def _is_short(request: Request) -> bool:
    declared = request.headers.get("content-length", "")
    return declared.isdecimal() and int(declared) <= _SHORT


def _limited(limit: int) -> int:
    return min(max(limit, 1), 200)


def _cursor(text: str) -> tuple[int, str]:
    found = re.fullmatch(r"([0-9]{1,16})_([0-9a-f-]{0,36})", text)
    if found is None:
        raise Refused("request.parameters", "A parameter in the address is not of the right kind.")
    return int(found[1]), found[2]


def _instant(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _checked_key(key: str | None) -> str | None:
    if key is not None and not (1 <= len(key) <= 200 and key.isascii() and key.isprintable()):
        raise Refused("idempotency-key.invalid", "An Idempotency-Key is 1 to 200 printable ASCII characters.")
    return key


def _rejection(body: bytes) -> str:
    value = schemas.load(body)
    code = value.get("code") if isinstance(value, dict) else None
    if not isinstance(code, str):
        raise Refused(
            "receipt.code", "A rejection needs a code.", f"Use one of: {', '.join(inbox.REJECTIONS)}."
        )
    return code


def _validated(body: bytes) -> dict[str, Any]:
    findings, sendable = _findings(body)
    return {"sendable": sendable, "findings": [finding.to_json() for finding in findings]}


def _findings(body: bytes) -> tuple[tuple[Finding, ...], bool]:
    """A transfer is examined whole; anything else as the single document that it says it is."""
    try:
        value = schemas.load(body)
    except schemas.InvalidDocument as refused:
        return refused.findings, False
    if isinstance(value, dict) and "type" in value and "documents" not in value:
        found = schemas.validate("document", value)
        results = [
            r.finding() for r in rules.evaluate({"documents": [value]}) if r.outcome in ("error", "warning")
        ]
        return (*found, *results), not found
    examined = send.examine(body)
    return examined.findings, examined.whole


def _accepted(
    services: Services, idempotency_key: str | None, who: Rights, body: bytes
) -> tuple[dict[str, Any], bool]:
    accepted = send.accept(services, who, body, _checked_key(idempotency_key))
    # What there is to say is said to whoever sent it, and kept nowhere: it may tell something about the child.
    findings = [finding.to_json() for finding in accepted.findings]
    return {**_transfer(services, who, accepted.transfer_id), "findings": findings}, accepted.fresh


def _transfer(services: Services, who: Rights, transfer_id: str) -> dict[str, Any]:
    bundles = services.store.bundles_of(who.organisation, transfer_id)
    # A token without the dsl scope is not told that something goes to a DSL, or how it fares.
    seen = [bundle for bundle in bundles if bundle.desk != "dsl" or "dsl" in who.row.scopes]
    if not seen:
        raise NotFound("not-found", "There is nothing with this id that you may see.")
    return {
        "transferId": transfer_id,
        # The bundles of a transfer are made as it is accepted.
        "acceptedAt": _instant(seen[0].created_ms),
        "bundles": [
            {
                "bundleId": bundle.bundle_id,
                "to": {"address": f"{bundle.peer}/{bundle.desk}", "role": bundle.readers.partition(" ")[0]},
                "state": bundle.state,
                "reason": bundle.reason,
                "changedAt": _instant(bundle.changed_ms),
                "receipts": _receipts(_known_receipts(services, bundle)),
            }
            for bundle in seen
        ],
    }


def _known_receipts(services: Services, bundle: BundleRow) -> Sequence[ReceiptRow]:
    """The receipts of a bundle, which only they bring into a state where there are any."""
    return services.store.receipts(bundle.id) if bundle.state in RECEIPTED else ()


def _receipts(rows: Sequence[ReceiptRow]) -> list[dict[str, Any]]:
    return [_receipt(row) for row in rows]


def _receipt(row: ReceiptRow) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "status": row.status,
        "at": _instant(row.received * 1000),
        "codes": list(row.codes),
    }
    if row.by_role is not None:
        shown["by"] = {"role": row.by_role}
    return shown


def _entry(row: BundleRow) -> dict[str, Any]:
    return {
        "bundleId": row.bundle_id,
        "transferId": row.transfer_id,
        "from": row.peer,
        "desk": row.desk,
        "state": row.state,
        "receivedAt": _instant(row.created_ms),
    }


def _organisations(services: Services) -> list[dict[str, Any]]:
    known = services.directory.current().organisations.values()
    return [
        {
            "organisation": organisation.urn,
            "name": organisation.name,
            "kind": organisation.kind,
            "status": organisation.status,
            "identifiers": dict(organisation.identifiers),
            "desks": list(organisation.desks),
            "vouchedBy": dict(organisation.vouched_by) if organisation.vouched_by else None,
        }
        for organisation in sorted(known, key=lambda organisation: organisation.name)
    ]


def _name(services: Services, organisation: str) -> str:
    """An organisation's name; its id when the directory does not know it any more."""
    try:
        return services.directory.current().organisation(organisation).name
    except DirectoryError:
        return organisation


def _opened(services: Services, opened: inbox.Read) -> Response:
    body = {**opened.body, "attachments": reading.shown(services, opened.row.org, opened.body)}
    return _json({**_entry(opened.row), "body": body, "receipts": _receipts(opened.receipts)})


def _page(services: Services, opened: inbox.Read) -> Response:
    if not any(document["type"] == "final-report" for document in opened.body["documents"]):
        raise Refused(
            "page.none", "There is no printable page for this kind of document yet.", "Ask for JSON."
        )
    evidence = {
        "sender": _name(services, opened.row.peer),
        "receiver": _name(services, opened.row.org),
        "receipts": [
            {"status": row.status, "at": row.received, "by": row.by_role} for row in opened.receipts
        ],
        "content_sha256": opened.content_sha256,
        "verified": opened.verified,
    }
    return HTMLResponse(render_final_report(opened.body, evidence))
