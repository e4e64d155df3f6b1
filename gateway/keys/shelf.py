"""Changing key files: one change at a time, each written whole or not at all."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.files import Home, HomeError
from signing import KeySet

_LOCK = ".keys.lock"


def add(home: Home, organisation: str, keys: KeySet) -> Path:
    """Keeps an organisation's first keys. Raises HomeError when it has some."""
    path = home.key_file(organisation)
    with alone(home):
        if path.exists():
            raise HomeError(f"The organisation has keys here already: {path}.")
        home.write_keys(path, keys)
    return path


def change(home: Home, organisation: str, step: Callable[[KeySet], KeySet]) -> KeySet:
    """An organisation's keys after ``step``, kept where it changed them. Raises HomeError when there are none."""
    path = home.key_file(organisation)
    with alone(home):
        before = home.keys(path)
        after = step(before)
        if after != before:
            home.write_keys(path, after)
    return after


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Nobody else changes a key file of this home meanwhile; a killed process leaves no lock behind."""
    lock = os.open(home.settings.path(_LOCK), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
