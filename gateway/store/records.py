"""What goes into the store and what comes out of it: frozen values, one for each thing that is asked."""

from dataclasses import dataclass

from gateway.transfer import State


@dataclass(frozen=True, slots=True)
class Content:
    """Encrypted bytes and the data key that opens them. ``form`` is ``body`` or ``jws``."""

    key_id: str
    form: str
    blob: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """One sealed message and what must be remembered of it: ``jws`` is its encrypted inner message."""

    iss: str
    jti: str
    content_sha256: str
    envelope_sha256: str
    exp: int
    envelope: bytes
    jws: Content


@dataclass(frozen=True, slots=True)
class NewBundle:
    """A bundle that our organisation sends. Without ``sealed`` it waits as ``content`` until it can be sealed."""

    org: str
    peer: str
    aud: str
    bundle_id: str
    desk: str
    readers: str
    body_sha256: str
    minimum_class: int
    deadline_ms: int
    sealed: Envelope | None
    content: Content | None
    reason: str


@dataclass(frozen=True, slots=True)
class NewTransfer:
    """A whole transfer, to be accepted in one commit."""

    org: str
    transfer_id: str
    idempotency_key: str
    request_sha256: str
    bundles: tuple[NewBundle, ...]
    now_ms: int


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """A receipt that we issue for a bundle we received, sealed where the sender's keys are known."""

    status: State
    codes: tuple[str, ...]
    by_role: str | None
    of_jti: str
    received: int
    iss: str
    aud: str
    content: Content
    sealed: Envelope | None
    deadline_ms: int
    #: The content hash of the message that it answers.
    content_sha256: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """A verified bundle for one of our organisations, with the receipt that answers it.

    ``content`` is None when the bundle is rejected: what is refused is not kept.
    """

    org: str
    peer: str
    bundle_id: str
    transfer_id: str
    desk: str
    readers: str
    jti: str
    exp: int
    body_sha256: str
    content_sha256: str
    envelope_sha256: str
    content: Content | None
    receipt: NewReceipt
    now_ms: int


@dataclass(frozen=True, slots=True)
class SealedAgain:
    """A fresh envelope for a delivery that waits."""

    outgoing_id: int
    sealed: Envelope
    now_ms: int
    #: For a receipt: what it says, and the content hash of the message that it answers.
    answer: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ArrivedReceipt:
    """A verified receipt for a bundle of ours."""

    org: str
    peer: str
    of_jti: str
    status: State
    codes: tuple[str, ...]
    by_role: str | None
    received: int
    content_sha256: str
    #: The content hash of the receipt itself.
    receipt_sha256: str
    content: Content
    now_ms: int


@dataclass(frozen=True, slots=True)
class Held:
    """A sealed message that a relay keeps for an organisation whose keys it does not have."""

    iss: str
    jti: str
    org: str
    aud: str
    envelope_sha256: str
    exp: int
    received_ms: int
    envelope: bytes


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that a worker has claimed: what to send where, and the newest envelope made for it."""

    outgoing_id: int
    bundle_row: int
    mt: str
    iss: str
    aud: str
    minimum_class: int
    deadline_ms: int
    attempts: int
    content: Content
    envelope: bytes | None
    envelope_sha256: str
    exp: int
    #: Why the attempt before this one did not get through.
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Queued:
    """A delivery that is put into the outbox; ``leased`` ones belong to a worker from the very commit on."""

    bundle_row: int
    mt: str
    iss: str
    aud: str
    minimum_class: int
    deadline_ms: int
    content_id: int
    sealed: Envelope | None
    now_ms: int
    leased: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What a write kept: whether it was new, and those of its deliveries that the caller has leased."""

    fresh: bool
    leased: tuple[Due, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt ended. ``due_ms`` None means that nothing more is to be sent for now."""

    outgoing_id: int
    bundle_row: int
    mt: str
    attempts: int
    state: State
    reason: str
    due_ms: int | None
    now_ms: int


@dataclass(frozen=True, slots=True)
class BundleRow:
    """What the store knows of a bundle without opening it."""

    id: int
    direction: str
    org: str
    peer: str
    bundle_id: str
    transfer_id: str
    desk: str
    readers: str
    state: State
    reason: str
    body_sha256: str
    content_id: int | None
    created_ms: int
    changed_ms: int


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A receipt as it is shown, and where its signed form is."""

    id: int
    bundle_row: int
    status: State
    codes: tuple[str, ...]
    by_role: str | None
    of_jti: str
    received: int
    content_id: int


@dataclass(frozen=True, slots=True)
class TransferRow:
    """A transfer that was accepted."""

    org: str
    transfer_id: str
    request_sha256: str
    created_ms: int


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token's rights; never the token itself."""

    token_id: str
    org: str
    scopes: frozenset[str]
    roles: frozenset[str]
    holder: str
    expires_ms: int
    revoked_ms: int | None
