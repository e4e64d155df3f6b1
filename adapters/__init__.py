"""Other formats to drafts of the standard, and back; pure functions over byte streams."""

from adapters.base import Adapter, AdapterError, CannotRead, Draft, Hints, Item, Loss, LossReport
from adapters.registry import ADAPTERS, detect

__all__ = [
    "ADAPTERS",
    "Adapter",
    "AdapterError",
    "CannotRead",
    "Draft",
    "Hints",
    "Item",
    "Loss",
    "LossReport",
    "detect",
]
