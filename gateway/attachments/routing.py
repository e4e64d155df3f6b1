"""Which recipients get an attached file. Pure.

A file follows the words: whoever gets a member of a document whole, and that member names the file, gets it. What
a reader sees in summary brings no file with it. One that nothing names goes only to those who get every document of
the transfer, each of them whole. A file labelled safeguarding or criminal offence goes to the safeguarding desk
alone. Nothing else opens a file.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from schemas import Finding, routes

Json = Mapping[str, Any]

#: Labels with which a file never goes to another desk than ``dsl`` (rule SAF-04).
DSL_ONLY = ("SG", "CR")


def files_for(attachments: Sequence[Json], body: Json, desk: str, *, whole: bool) -> list[Json]:
    """The files that go with a bundle's body, as reduced for its reader, to that desk.

    ``whole`` says whether the body has every document that there is.
    """
    return [
        entry
        for entry in attachments
        if (desk == "dsl" or entry.get("sensitivity") not in DSL_ONLY) and _seen(entry, body, whole)
    ]


def goes_to(attachments: Sequence[Json], told: Sequence[tuple[Sequence[str], Json]]) -> Iterator[Finding]:
    """Who gets each file, in words, from the roles and the body of each bundle.

    A file that goes nowhere stops the transfer: nothing is dropped in silence.
    """
    for index, entry in enumerate(attachments):
        roles = [roles for roles, body in told if any(e["id"] == entry["id"] for e in body["attachments"])]
        titles = dict.fromkeys(routes.role(role).title for some in roles for role in some)
        if titles:
            yield Finding(
                "transfer.goes-to",
                "info",
                f"/attachments/{index}",
                f"The file goes to: {'; '.join(titles)}. Nobody else gets it.",
                "Nothing to do.",
            )
        else:
            yield Finding(
                "attachment.nobody",
                "error",
                f"/attachments/{index}",
                "No recipient of this transfer may receive this file.",
                "Name the file in the document that it belongs to, check its label, or take it out.",
            )


def _seen(entry: Json, body: Json, whole: bool) -> bool:
    documents = body["documents"]
    about = [body[kind] for kind in ("learner", "placement") if kind in body]
    if any(_names(value, entry["id"]) for value in (*documents, *about)):
        return True
    return whole and not any(document.get("withheld") for document in documents)


def _names(value: Json, file_id: str) -> bool:
    """Whether a member that the reader gets whole names the file. Open content names nothing."""
    reduced = {entry["pointer"].split("/")[1] for entry in value.get("withheld", ())} | {"extensions"}
    return any(file_id in _texts(member) for name, member in value.items() if name not in reduced)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)
