"""Fetching the repository's files: from a folder, or over HTTP with limits on time; on size TUF's client insists.

Only TUF's own download errors leave here, so that the client's one table can say what went wrong.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx2
from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient.fetcher import FetcherInterface

FOLDER: Final = "folder://directory"
"""The address under which a folder's files are asked for."""
FILE_S: Final = 30.0
"""How long one file may take: a server that sends byte by byte holds nobody longer."""
_WAIT_S: Final = 10.0
_BLOCK: Final = 64 * 1024
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class FolderFetcher(FetcherInterface):
    """Reads a published directory from a folder, such as a mounted share or the keeper's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        # Names come from this package, which has held them to their form.
        path = self._folder / url.removeprefix(f"{FOLDER}/")
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    yield block
        except FileNotFoundError:
            raise DownloadHTTPError("not there", 404) from None
        except OSError as problem:
            raise DownloadError(type(problem).__name__) from None


class HttpFetcher(FetcherInterface):
    """Asks a web server; follows no redirect, and gives up when a file takes too long as a whole."""

    def __init__(self, client: httpx2.Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock

    def _fetch(self, url: str) -> Iterator[bytes]:
        ends = self._clock() + FILE_S
        try:
            with self._client.stream("GET", url) as answer:
                if answer.status_code != 200:
                    raise DownloadHTTPError("refused", answer.status_code)
                # Each piece as it arrives: gathering blocks would wait for a server that sends byte by byte.
                for block in answer.iter_raw():
                    if self._clock() > ends:
                        raise SlowRetrievalError
                    yield block
        except httpx2.TimeoutException:
            raise SlowRetrievalError from None
        except httpx2.HTTPError as problem:
            raise DownloadError(type(problem).__name__) from None


def http_client() -> httpx2.Client:
    """A client for `HttpFetcher`, without redirects, cookies or proxies of the environment."""
    return httpx2.Client(
        timeout=_WAIT_S, trust_env=False, follow_redirects=False, headers={"Accept-Encoding": "identity"}
    )


def is_address(where: str) -> bool:
    """Whether a directory is asked for over the network: https, or http on loopback."""
    parts = urlsplit(where)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
