"""The contacts of a pupil. They are listed as the file has them: never merged, never matched by name."""

import re
from typing import Any

from adapters.ctf.address import postal_address
from adapters.ctf.case import Case
from adapters.tree import Node, child, children, text

_PATH = "Contacts/Contact"
_PHONE = re.compile(r"[+0-9][0-9 ()-]{4,28}", re.ASCII)
_BRACKETS = str.maketrans("", "", "()")
_EMAIL = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9_%+'-]*([.][A-Za-z0-9_%+'-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?[.])+[A-Za-z]{2,24}",
    re.ASCII,
)
_ORDER = re.compile(r"[1-9][0-9]?|100", re.ASCII)
_RELATIONSHIP = re.compile(r"[A-Z]{3}", re.ASCII)
_PHONE_TYPE = re.compile(r"[A-Z]", re.ASCII)
_NAMES = (("title", "Title"), ("forename", "Forename"), ("surname", "Surname"))
_MOST, _MOST_PHONES = 20, 10


def contacts(pupil: Node, home: dict[str, Any], case: Case) -> list[dict[str, Any]]:
    """Return every contact of the file, by their order; those without an order come last."""
    listed = children(child(pupil, "Contacts"), "Contact")
    found = []
    for number, node in enumerate(listed, start=1):
        case.contact = number
        if contact := _contact(node, home, case):
            found.append(contact)
            _look_at(node, pupil, case)
    case.contact = 0
    found.sort(key=lambda contact: contact.get("order", 1000))
    return case.capped(found, _MOST, "Contacts")


def _contact(node: Node, home: dict[str, Any], case: Case) -> dict[str, Any]:
    contact: dict[str, Any] = {}
    if name := _name(node, case):
        contact["name"] = name
    if order := text(node, "Order"):
        if _ORDER.fullmatch(order):
            contact["order"] = int(order)
        else:
            case.tally.ignore("Pupil/Contacts/Contact/Order", "not a number from 1 to 100")
    if relationship := case.pattern(
        text(node, "Relationship"), _RELATIONSHIP, "Contacts/Contact/Relationship"
    ):
        contact["relationship"] = relationship
    responsible = case.flag(text(node, "Responsibility"), "Contacts/Contact/Responsibility")
    if responsible is not None:
        contact["parentalResponsibility"] = responsible
    if numbers := _phones(node, case):
        contact["phones"] = numbers
    if email := _email(text(node, "Email"), case):
        contact["email"] = email
    if address := _address(child(node, "Address"), home, case):
        contact["address"] = address
    return contact


def _name(node: Node, case: Case) -> dict[str, str]:
    name: dict[str, str] = {}
    for member, element in _NAMES:
        written = text(node, element)
        if written and (written := case.line(written, "Contacts/Contact")):
            name[member] = written
    return name


def _phones(node: Node, case: Case) -> list[dict[str, str]]:
    found = []
    for phone in children(child(node, "Phones"), "Phone"):
        number = text(phone, "PhoneNo")
        if not number:
            continue
        if number.startswith("("):
            case.tally.change("Pupil/Contacts/Contact/Phones/Phone/PhoneNo", "written without brackets")
            number = number.translate(_BRACKETS)
        if not _PHONE.fullmatch(number):
            case.warn(
                "telephone",
                "Contacts/Contact/Phones",
                "A telephone number has more in it than digits, spaces, brackets, hyphens; it was left out.",
                "Check the number and type it in.",
            )
            continue
        kind = text(phone, "TelephoneType")
        typed = {"type": kind} if _PHONE_TYPE.fullmatch(kind) else {}
        found.append({**typed, "number": number})
    return case.capped(found, _MOST_PHONES, "Contacts/Contact/Phones")


def _email(written: str, case: Case) -> str:
    if not written or (len(written) <= 254 and _EMAIL.fullmatch(written)):
        return written
    case.warn(
        "email",
        "Contacts/Contact/Email",
        "This is not one e-mail address; it was left out.",
        "Check it and type it in.",
    )
    return ""


def _address(node: Node, home: dict[str, Any], case: Case) -> dict[str, Any]:
    if not node:
        return {}
    if case.flag(text(node, "AddressAsPupil"), "Contacts/Contact/Address/AddressAsPupil"):
        return {**home, "lines": list(home["lines"])} if home else {}
    return postal_address(node, case, "Contacts/Contact/Address")


def _look_at(node: Node, pupil: Node, case: Case) -> None:
    """Warn about what is known to go wrong with contacts."""
    if not text(node, "Surname"):
        case.warn("contact_name", _PATH, "This contact has no surname.", "Add it, or remove the contact.")
    if not text(node, "Relationship"):
        case.warn(
            "contact_relationship",
            _PATH,
            "The file does not say how this contact is related to the pupil.",
            "Ask the school and choose the relationship.",
        )
    if text(child(node, "SuppInfo"), "CourtOrder").lower() in ("true", "1", "y", "yes"):
        case.warn(
            "court_order",
            _PATH,
            "The school's system records a court order about this contact; the file cannot say which.",
            "Ask the school before anything is shared with this contact.",
        )
    email = text(node, "Email").lower()
    if email and email == text(pupil, "Email").lower():
        case.warn(
            "same_email",
            "Contacts/Contact/Email",
            "The pupil and this contact have the same e-mail address.",
            "Check whose address it is.",
        )
