"""Wonde v1.0: students as its interface gives them, and the two things that can be written back to a school's system.

There is no field for a placement or for getting a pupil back into school, so the way back carries register marks
and events of behaviour, not the profile.
"""

from adapters.base import Adapter
from adapters.wonde.reading import detect, read
from adapters.wonde.writing import OPTIONS, write

__all__ = ["ADAPTER", "detect", "read", "write"]

ADAPTER = Adapter(
    name="wonde", title="Wonde students (JSON)", read=read, write=write, detect=detect, options=OPTIONS
)
