"""The names of organisations, addresses and gateways, as design §2 has them."""

import re
from typing import Final

_LABEL: Final = r"(?=[a-z0-9-]{1,64}(?:/|\Z))[a-z0-9]+(?:-[a-z0-9]+)*"

ORGANISATION: Final = re.compile(rf"urn:ltp:org:({_LABEL})")
"""An organisation; its group is the token. Use with `fullmatch`, as all of these."""

ADDRESS: Final = re.compile(rf"(urn:ltp:org:{_LABEL})/(general|dsl)")
"""A desk of an organisation; its groups are the organisation and the desk."""

GATEWAY: Final = re.compile(rf"urn:ltp:gw:({_LABEL})")
"""A gateway; its group is the token."""

DESKS: Final = ("general", "dsl")


def is_name(pattern: re.Pattern[str], value: object) -> bool:
    """Whether `value` is text and wholly of the form `pattern`."""
    return type(value) is str and pattern.fullmatch(value) is not None
