"""What a hub says of its files, and their bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2

from azrun import __version__
from azrun.inference.hub.errors import HubError, garbage, refused, unreachable
from azrun.inference.store import Source

PUBLIC = "https://huggingface.co"
SECONDS = 20.0  # to connect, and between two reads
_CHECKSUM = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Remote:
    """One file of a repository, at one commit. `size` is in bytes; `checksum` is the SHA-256 of
    a large file, and git's SHA-1 of a small one."""

    source: Source
    name: str
    url: str
    size: int
    checksum: str


class Hub:
    """The hub at $HF_ENDPOINT, or Hugging Face's own; $HF_TOKEN (or the token that
    `hf auth login` left) is sent to it, and to no other host."""

    def __init__(self, endpoint: str | None = None) -> None:
        self.endpoint = (endpoint or os.environ.get("HF_ENDPOINT") or PUBLIC).rstrip("/")

    def find(self, source: Source, name: str) -> Remote:
        """The file as it is now. Raises HubError."""
        from huggingface_hub import get_hf_file_metadata, hf_hub_url
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

        try:
            url = self._url(source.repo, name, source.revision)
            about = get_hf_file_metadata(url, headers=_headers(), endpoint=self.endpoint)
        except HfHubHTTPError as error:
            raise self._refused(source, name, error.response) from error
        except OfflineModeIsEnabled as error:
            raise HubError("HF_HUB_OFFLINE forbids to pull", "Unset it, and pull again.") from error
        except HFValidationError as error:
            raise HubError(str(error), "Correct the repository's name.") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise unreachable(self.endpoint, _words(error)) from error
        if about.commit_hash is None or not about.size or about.size < 0:
            raise garbage(self.endpoint, f"it says no commit and size of {name}")
        if not _CHECKSUM.fullmatch(about.etag or ""):
            raise garbage(self.endpoint, f"it says no checksum of {name}")
        pinned = hf_hub_url(source.repo, name, revision=about.commit_hash, endpoint=self.endpoint)
        return Remote(source, name, pinned, about.size, about.etag or "")

    @contextmanager
    def read(self, remote: Remote, start: int) -> Iterator[httpx2.Response]:
        """The file's bytes from `start` on (or from 0, with status 200); raises HubError where
        the hub refuses, httpx2.TransportError where the connection fails."""
        from huggingface_hub import get_session

        headers = {**_headers(), "Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        client = get_session()
        with client.stream(
            "GET", remote.url, headers=headers, timeout=SECONDS, follow_redirects=True
        ) as response:
            if response.status_code not in (200, 206, 416):
                raise self._refused(remote.source, remote.name, response)
            yield response

    def ggufs(self, source: Source) -> tuple[str, ...]:
        """The names of the repository's GGUF files; none where the hub does not say."""
        from huggingface_hub import HfApi

        try:
            api = HfApi(endpoint=self.endpoint)
            about = api.model_info(source.repo, revision=source.revision, timeout=SECONDS)
            names = [str(sibling.rfilename) for sibling in about.siblings or ()]
        except Exception:  # whatever garbage it is: the list only goes with another error
            return ()
        return tuple(sorted(name for name in names if name.endswith(".gguf") and len(name) < 200))

    def _url(self, repo: str, name: str, revision: str | None) -> str:
        from huggingface_hub import hf_hub_url

        return hf_hub_url(repo, name, revision=revision, endpoint=self.endpoint)

    def _refused(self, source: Source, name: str, response: httpx2.Response) -> HubError:
        status, code = response.status_code, response.headers.get("X-Error-Code", "")
        wrong_name = status == 404 and code == "EntryNotFound"
        names = self.ggufs(source)[:40] if wrong_name else ()
        return refused(status, code, source, name, self.endpoint, names)


def _headers() -> dict[str, str]:
    from huggingface_hub.utils._headers import build_hf_headers

    headers: dict[str, str] = build_hf_headers(library_name="azrun", library_version=__version__)
    return headers


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
