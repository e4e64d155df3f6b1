"""The usual written form of an RFC 9421 signature, read and written without a general parser.

Every serializer of structured fields writes one signature over the components of LTP-1 in the same way, but for
the order of its parameters. That form is read here with one pattern. ``None`` means: not in the usual form, so
the general library is asked (``gateway.hop``); it never means that something was refused.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pybase64

TAG = "ltp-1"

_LABEL = r"([a-z][a-z0-9_-]{0,63})"
_INPUT = re.compile(
    _LABEL + r"=(\(([a-z0-9@\" -]{0,200})\)((?:;[a-z]+=(?:\"[!#-\[\]-~]{1,200}\"|[0-9]{1,15}))+))"
)
_PARAMETER = re.compile(r";([a-z]+)=(?:\"([^\"]+)\"|([0-9]+))")
_SIGNATURE = re.compile(_LABEL + r"=:([A-Za-z0-9+/]{85}[AQgw]==):")
_PARAMETERS = (frozenset({"created", "keyid", "tag"}), frozenset({"created", "keyid", "tag", "alg", "nonce"}))
#: A URL that needs no normalisation: what is signed of it can be cut out of it.
_URL = re.compile(
    r"(https?)://([a-z0-9.-]+)(?::([1-9][0-9]{0,4}))?(/[A-Za-z0-9._~/-]*)(?:\?([A-Za-z0-9._~=&-]*))?"
)
_DEFAULT_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class Written:
    """A signature that is in the usual form; nothing of it is verified."""

    key_id: str
    created: int
    digest: str
    signature: bytes
    input: str


def read(headers: Mapping[str, str], covered: Sequence[str]) -> Written | None:
    """The one signature over ``covered`` with our tag in headers with lower-case names, if in the usual form."""
    given = _INPUT.fullmatch(headers.get("signature-input", ""))
    signed = _SIGNATURE.fullmatch(headers.get("signature", ""))
    if given is None or signed is None or given[1] != signed[1] or given[3] != _names(covered):
        return None
    found = _PARAMETER.findall(given[4])
    texts = {name: text for name, text, _ in found if text}
    created = next((number for name, _, number in found if name == "created" and number), None)
    names = {name for name, _, _ in found}
    usual = _PARAMETERS[0] <= names <= _PARAMETERS[1] and len(names) == len(found)
    if created is None or not usual or len(texts) != len(found) - 1:
        return None
    if texts["tag"] != TAG or texts.get("alg", "ed25519") != "ed25519":
        return None
    digest = headers.get("content-digest", "")
    return Written(texts["keyid"], int(created), digest, pybase64.b64decode(signed[2]), given[2])


def write(covered: Sequence[str], key_id: str, nonce: str, created: int) -> str:
    """The inner list and parameters of a signature, as they are signed and sent."""
    return f'({_names(covered)});created={created};keyid="{key_id}";alg="ed25519";nonce="{nonce}";tag="{TAG}"'


def _names(covered: Sequence[str]) -> str:
    return " ".join(f'"{name}"' for name in covered)


def digest(body: bytes) -> str:
    """``Content-Digest`` of a body, with the one algorithm that is written here."""
    return f"sha-256=:{pybase64.b64encode_as_string(hashlib.sha256(body).digest())}:"


def request_values(method: str, url: str) -> dict[str, str] | None:
    """What is signed of a request's line, for a URL that needs no normalisation."""
    parts = _URL.fullmatch(url)
    if parts is None:
        return None
    scheme, host, port, path, query = parts.groups()
    authority = host if port is None or port == _DEFAULT_PORTS[scheme] else f"{host}:{port}"
    return {"@method": method, "@authority": authority, "@path": path, "@query": f"?{query or ''}"}


def base(values: Mapping[str, str], covered: Sequence[str], signature_input: str) -> bytes:
    """The text that is signed (RFC 9421 §2.5)."""
    lines = [f'"{name}": {values[name]}' for name in covered]
    return "\n".join([*lines, f'"@signature-params": {signature_input}']).encode("ascii")
