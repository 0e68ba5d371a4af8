"""One OpenAI-compatible server: where it is, who we are there, how it is asked."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx2

from azrun.inference.errors import InferenceError, ModelLoadError
from azrun.inference.remote.refusal import of_response

T = TypeVar("T")
CONNECT_SECONDS, SILENCE_SECONDS = 10.0, 300.0
LARGEST_ANSWER = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`url` is the base of its routes, usually ending in `/v1`; `model` its own name for the
    model; `key` what is sent as a bearer token, from the variable `key_name`."""

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    key_name: str | None = None

    @property
    def base(self) -> str:
        url = self.url.rstrip("/")
        return url if urlsplit(url).path else f"{url}/v1"

    @property
    def root(self) -> str:
        """Where a server has the routes that OpenAI does not."""
        return self.base.removesuffix("/v1")

    def check(self) -> None:
        """ModelLoadError where the key that it needs is not there."""
        if self.key_name is None or (self.key and self.key.isascii() and self.key.isprintable()):
            return
        what = "is no key: it has characters that none has" if self.key else "is not set"
        raise ModelLoadError(
            f"the key for {self.url} is missing: the variable {self.key_name} {what}",
            f"Set {self.key_name} in the environment or in .env.",
        )


class Connection:
    """Requests to one endpoint. Its errors are ours, and never hold the key."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._client: httpx2.AsyncClient | None = None

    @asynccontextmanager
    async def stream(
        self, url: str, body: dict[str, Any] | None = None
    ) -> AsyncIterator[httpx2.Response]:
        """A response that has begun well; it is left, and its connection closed, with the
        block. A body is posted, none is a GET."""
        client = self._open()
        try:
            request = client.build_request(
                "GET" if body is None else "POST", url, content=_json(body)
            )
            response = await client.send(request, stream=True)
            try:
                if response.status_code != 200:
                    raise of_response(self.endpoint, response, await _start_of(response))
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise InferenceError(f"{url} compresses its answer, though it was not asked to")
                yield response
            finally:
                await response.aclose()
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            raise ModelLoadError(
                f"nothing answers at {self.endpoint.url}: {_reason(error)}",
                "Start the server there, or correct `endpoint` in azrun.toml.",
            ) from error
        except httpx2.ReadTimeout as error:
            raise InferenceError(
                f"{self.endpoint.url} was silent for {SILENCE_SECONDS:.0f} seconds", "Try again."
            ) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            raise InferenceError(
                f"the answer of {self.endpoint.url} broke off: {_reason(error)}", "Try again."
            ) from error

    async def ask(self, url: str, body: dict[str, Any] | None = None) -> bytes:
        """A whole answer."""
        async with self.stream(url, body) as response:
            data = bytearray()
            async for piece in response.aiter_raw():
                data += piece
                if len(data) > LARGEST_ANSWER:
                    limit = LARGEST_ANSWER // 2**20
                    raise InferenceError(f"the answer of {url} is over {limit} MB")
            return bytes(data)

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _open(self) -> httpx2.AsyncClient:
        if self._client is None:
            key = self.endpoint.key
            headers = {"accept-encoding": "identity", "content-type": "application/json"}
            self._client = httpx2.AsyncClient(
                headers=headers | ({"authorization": f"Bearer {key}"} if key else {}),
                timeout=httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS, pool=None),
                limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20),
                # A proxy of the environment is for servers elsewhere.
                trust_env=not _is_here(self.endpoint.url),
            )
        return self._client


def parse(url: str, data: bytes, model: Callable[[bytes], T]) -> T:
    """A JSON answer as a type; InferenceError where it has another shape."""
    try:
        return model(data)
    except ValueError as error:
        raise InferenceError(
            f"{url} did not answer as OpenAI's API does: {_first_line(error)}",
            "Check that `endpoint` in azrun.toml is an OpenAI-compatible server.",
        ) from error


def _json(body: dict[str, Any] | None) -> bytes | None:
    return None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


async def _start_of(response: httpx2.Response, limit: int = 65536) -> bytes:
    data = bytearray()
    async for piece in response.aiter_raw():
        data += piece
        if len(data) >= limit:
            break
    return bytes(data[:limit])


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _first_line(error: ValueError) -> str:
    lines = str(error).splitlines()
    return " ".join(line.strip() for line in lines[:3])[:300]
