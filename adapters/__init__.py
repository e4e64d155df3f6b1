"""Other formats to drafts of the standard, and back; pure functions over byte streams."""

from adapters.base import (
    Adapter,
    Draft,
    Hints,
    Item,
    Loss,
    LossReport,
    Wishes,
    Written,
)
from adapters.errors import AdapterError, CannotRead, CannotWrite
from adapters.head import Head, look
from adapters.registry import ADAPTERS, detect

__all__ = [
    "ADAPTERS",
    "Adapter",
    "AdapterError",
    "CannotRead",
    "CannotWrite",
    "Draft",
    "Head",
    "Hints",
    "Item",
    "Loss",
    "LossReport",
    "Wishes",
    "Written",
    "detect",
    "look",
]
