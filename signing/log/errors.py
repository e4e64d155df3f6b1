"""What can be wrong with a log, its checkpoints, its proofs and what rests on them."""

from types import MappingProxyType
from typing import Final

from signing.errors import SigningError

SENTENCES: Final = MappingProxyType(
    {
        # form
        "bad_note": "The text is not a signed checkpoint in the published form.",
        "bad_key": "The key is not the key of a log or of a witness in the published form.",
        "bad_proof": "The proof is not in the published form.",
        "bad_leaf": "An entry of the log is not in the published form.",
        "bad_position": "The log has no such entry or size.",
        # checkpoints
        "unknown_log": "The checkpoint is of a log that is not trusted here.",
        "bad_signature": "The checkpoint is not signed by both keys of its log.",
        "too_few_witnesses": "Fewer witnesses than are asked for have signed the checkpoint.",
        "from_the_future": "A time in the log has not come yet.",
        # the log
        "not_included": "The entry is not in the log that the checkpoint stands for.",
        "split_view": "Two checkpoints of this log cannot both be true: somebody was shown another log.",
        "truncated": "The log is shorter than one of its checkpoints says: entries were taken away.",
        "edited": "The entries are not those that the checkpoint stands for: at least one was changed.",
        "clock_step": "The times in the log go back: a clock was set back, or something was dated back.",
        # witnesses
        "stale": "The witness has seen the log at another size than the one that the proof starts from.",
        "bad_request": "The request to the witness is not in the published form.",
        # evidence
        "bad_evidence": "The file is not a receipt's evidence in the published form.",
        "not_a_receipt": "The signed text is not a receipt.",
        "not_its_message": "The receipt is about another message than the one in the file.",
        "not_its_entry": "The entry of the log is about another receipt.",
        "not_the_receiver": "The receipt was signed by somebody else than the receiver of the message.",
    }
)


class LogError(SigningError):
    """A log or something that rests on it is refused; `where` is the entry's index or the tree's size."""

    def __init__(self, code: str, where: int | None = None) -> None:
        """`code` is a key of this module's `SENTENCES`, and never changes."""
        Exception.__init__(self, SENTENCES[code] if where is None else f"{SENTENCES[code]} (at {where})")
        self.code = code
        self.where = where
