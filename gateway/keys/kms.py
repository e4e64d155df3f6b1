"""A key management service as the key-encryption key, through the one interface that many of them speak.

The service's key never leaves it: at the start the gateway has its master key unwrapped, once, and keeps it in memory.
``boto3`` (extra ``kms``) is imported only here and only when a service is asked.
"""

from dataclasses import dataclass
from typing import Any, Final

from gateway.keys.kek import KekError, checked
from signing import EncodingError
from signing.encoding import b64u, canonical, parse, unb64u
from signing.lockbox import HiddenBytes

KMS_MASTER: Final = "ltp-master-kms"
"""The type of a master key that is wrapped by a service."""

_MEMBERS: Final = {"typ", "v", "key", "wrapped"}
_CONNECT_S, _ANSWER_S, _ATTEMPTS = 5, 10, 2

_WHAT_TO_DO: Final = {
    "NotFoundException": "it knows no such key. Check kms_key, kms_region and kms_endpoint in the settings.",
    "DisabledException": "the key is disabled. Ask whoever keeps it to enable it.",
    "KMSInvalidStateException": "the key cannot be used in its present state. Ask whoever keeps it whether it is due "
    "to be deleted, and to cancel that.",
    "AccessDeniedException": "this gateway may not use the key. Give its identity kms:Encrypt and kms:Decrypt on it.",
    "InvalidCiphertextException": "the master key was not wrapped by this key for this gateway, or its file was "
    "changed. Put the right file or key back, or restore a backup: ltp keys restore.",
    "IncorrectKeyException": "the master key was wrapped by another key of the service. Correct kms_key.",
    "UnrecognizedClientException": "it does not know these credentials. Renew the gateway's credentials.",
    "ExpiredTokenException": "the gateway's credentials are out of date. Renew them.",
}


@dataclass(frozen=True, slots=True)
class KmsKek:
    """One key of a service; ``gateway`` is bound to what is wrapped, so that no other gateway's file fits."""

    key: str
    gateway: str
    region: str | None = None
    endpoint: str | None = None

    def wrap(self, key: bytes) -> bytes:
        """See ``gateway.keys.kek.Kek``."""
        answer = self._ask("encrypt", Plaintext=key)
        wrapped = b64u(answer["CiphertextBlob"])
        return canonical({"typ": KMS_MASTER, "v": 1, "key": answer["KeyId"], "wrapped": wrapped})

    def unwrap(self, wrapped: bytes) -> bytes:
        """See ``gateway.keys.kek.Kek``."""
        try:
            value: Any = parse(wrapped)
            if not isinstance(value, dict) or value.keys() != _MEMBERS or value["typ"] != KMS_MASTER:
                raise KekError("The master key is not one that a key management service wrapped.")
            blob = unb64u(value["wrapped"])
        except EncodingError:
            raise KekError("The file of the master key was changed: restore a backup.") from None
        return checked(HiddenBytes(self._ask("decrypt", CiphertextBlob=blob)["Plaintext"]))

    def _ask(self, operation: str, **what: bytes) -> dict[str, Any]:
        context = {"purpose": "ltp master key", "gateway": self.gateway}
        boto3, botocore = _modules()
        patience = botocore.config.Config(
            connect_timeout=_CONNECT_S,
            read_timeout=_ANSWER_S,
            retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
        )
        try:
            client = boto3.client("kms", region_name=self.region, endpoint_url=self.endpoint, config=patience)
            answer = getattr(client, operation)(KeyId=self.key, EncryptionContext=context, **what)
        except botocore.exceptions.ClientError as refused:
            # Only the code is taken over: whatever text a service answers is not ours to show.
            code = str(refused.response.get("Error", {}).get("Code", ""))
            said = _WHAT_TO_DO.get(code, f"it answered {code or 'without a code'}. Ask whoever keeps it.")
            raise KekError(f"The key management service does not give the master key: {said}") from None
        except (botocore.exceptions.BotoCoreError, ValueError) as problem:
            raise KekError(
                f"The key management service cannot be asked ({type(problem).__name__}). Check that it runs, that "
                "this machine reaches it, and the gateway's settings and credentials for it. Nothing is lost: "
                "try again then."
            ) from None
        return dict(answer)


def _modules() -> tuple[Any, Any]:
    try:
        import boto3  # type: ignore[import-untyped]
        import botocore.config  # type: ignore[import-untyped]
        import botocore.exceptions  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise KekError(
            "A key management service needs the extra kms: install learner-transfer-profile[gateway,kms]."
        ) from None
    return boto3, botocore
