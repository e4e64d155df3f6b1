"""What attached files are kept in, opened together and closed together."""

from dataclasses import dataclass
from pathlib import Path

from gateway.attachments.blobs import Blobs, Folder, Parts
from gateway.attachments.ledger import Ledger
from gateway.attachments.scan import Scanner

#: The folder in a gateway's home.
FOLDER = "attachments"


@dataclass(frozen=True, slots=True)
class Files:
    """Everything that a gateway process has for attached files."""

    ledger: Ledger
    blobs: Blobs
    parts: Parts
    scanner: Scanner

    def close(self) -> None:
        """Gives the database back."""
        self.ledger.close()


def open_files(folder: Path, quota: int, scanner: Scanner) -> Files:
    """Opens, and makes the first time, the folder of a gateway's attached files."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    blobs = Folder(folder / "blobs")
    blobs.root.mkdir(exist_ok=True, mode=0o700)
    return Files(Ledger(folder / "ledger.sqlite"), blobs, Parts(folder / "parts", quota, folder), scanner)
