"""Which UPNs a file had already, in memory that stays small for whole authorities."""


class Seen:
    """UPNs by school and year, one bit for each serial number: a year of a school takes about 200 bytes."""

    __slots__ = ("_others", "_serials")

    def __init__(self) -> None:
        self._serials: dict[str, int] = {}
        self._others: set[str] = set()

    def again(self, upn: str) -> bool:
        """Whether a UPN was here before; it counts as seen from now on. Two that differ in the check letter are two."""
        serial = upn[-3:]
        if not serial.isdecimal():
            known = upn in self._others
            self._others.add(upn)
            return known
        bit = 1 << int(serial)
        before = self._serials.get(upn[:-3], 0)
        self._serials[upn[:-3]] = before | bit
        return bool(before & bit)
