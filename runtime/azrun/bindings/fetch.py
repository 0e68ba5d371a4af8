"""`fetch()`: a function's requests to other servers (WHATWG Fetch, HTTP-network fetch)."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import httpx2

from azrun.ai.images import LARGEST_IMAGE
from azrun.bindings import OperationError, Reply
from azrun.bindings.network import GuardedTransport, Refused
from azrun.config.local import FetchPolicy

if TYPE_CHECKING:
    from azrun.cells.invocation import Invocation

REDIRECTS = 20
_REDIRECT = frozenset({301, 302, 303, 307, 308})
_OURS = frozenset({"host", "connection", "keep-alive", "transfer-encoding", "upgrade", "te"})
_OF_A_BODY = frozenset({"content-encoding", "content-language", "content-location",
                        "content-type", "content-length"})  # fmt: skip
_SECRET = frozenset({"authorization", "cookie", "proxy-authorization"})
_DEFAULTS = (("accept", "*/*"), ("accept-encoding", "gzip, deflate"), ("user-agent", "azrun"))


@dataclass(frozen=True, slots=True)
class _Call:
    """One hop of a request."""

    url: str
    method: str
    headers: list[tuple[str, str]]
    body: bytes | AsyncIterator[bytes] | None

    def request(self, timeout: float) -> httpx2.Request:
        given = {name.lower() for name, _ in self.headers}
        headers = self.headers + [pair for pair in _DEFAULTS if pair[0] not in given]
        times = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
        return httpx2.Request(
            self.method, self.url, headers=headers, content=self.body,
            extensions={"timeout": times},
        )  # fmt: skip

    def redirected(self, status: int, location: str) -> _Call:
        """The next hop (Fetch, HTTP-redirect fetch, steps 10 to 14)."""
        url = urljoin(self.url, location).partition("#")[0]
        headers, method, body = self.headers, self.method, self.body
        if (status in (301, 302) and method == "POST") or (
            status == 303 and method not in ("GET", "HEAD")
        ):
            method, body = "GET", None
            headers = [pair for pair in headers if pair[0].lower() not in _OF_A_BODY]
        if not isinstance(body, bytes | None):
            raise OperationError("TypeError", "a streamed body cannot follow a redirect")
        if _origin(url) != _origin(self.url):
            headers = [pair for pair in headers if pair[0].lower() not in _SECRET]
        return replace(self, url=url, method=method, headers=headers, body=body)


class FetchBinding:
    """The operation `fetch`: `{url, method, headers, redirect, has_body, body}` to the head of the
    response, then its body's chunks, decoded."""

    def __init__(self, policy: FetchPolicy) -> None:
        self._policy = policy
        self._transport = GuardedTransport(policy.allow_private)

    async def __call__(
        self, invocation: Invocation, params: dict[str, Any], body: AsyncIterator[bytes] | None
    ) -> Reply:
        try:
            call = _parse(params, body)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise OperationError("TypeError", f"fetch() cannot use this: {error!r}") from None
        response, url, hops = await self._follow(invocation, call, params.get("redirect"))
        head = {
            "url": url,
            "status": response.status_code,
            "status_text": response.reason_phrase,
            "headers": _headers(response),
            "redirected": hops > 0,
        }
        return Reply(head, _chunks(response))

    async def get(self, url: str, invocation: Invocation | None = None) -> bytes:
        """A resource's whole body, at most 20 MB, fetched under the same policy; it counts as a
        subrequest of the invocation, where there is one."""
        call = _Call(url, "GET", [], None)
        response, _, _ = await self._follow(invocation, call, "follow")
        chunks = _chunks(response)
        try:
            if not response.is_success:
                raise OperationError("TypeError", f"{url} answered {response.status_code}")
            data = bytearray()
            async for chunk in chunks:
                data += chunk
                if len(data) > LARGEST_IMAGE:
                    raise OperationError("TypeError", f"{url} is over 20 MB")
            return bytes(data)
        finally:
            await response.aclose()

    async def close(self) -> None:
        await self._transport.aclose()

    async def _follow(
        self, invocation: Invocation | None, call: _Call, redirect: Any
    ) -> tuple[httpx2.Response, str, int]:
        for hop in range(REDIRECTS + 1):
            response = await self._send(invocation, call)
            location = response.headers.get("location")
            if response.status_code not in _REDIRECT or not location or redirect == "manual":
                return response, call.url, hop
            await response.aclose()
            if redirect == "error":
                raise OperationError("TypeError", f"{call.url} redirects, which `redirect` forbids")
            call = call.redirected(response.status_code, location)
        raise OperationError("TypeError", f"more than {REDIRECTS} redirects")

    async def _send(self, invocation: Invocation | None, call: _Call) -> httpx2.Response:
        if not call.url.startswith(("http://", "https://")):
            raise OperationError("TypeError", f"fetch() takes http and https, not {call.url[:80]}")
        if invocation is not None:
            _count(invocation)
        try:
            return await self._transport.handle_async_request(
                call.request(self._policy.timeout_seconds)
            )
        except Refused as error:
            text = f"{error}. Allow it with allow_private = true under [fetch] in azrun.toml."
            raise OperationError("TypeError", f"fetch refused: {text}") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise OperationError("TypeError", f"fetch failed: {call.url}: {reason}") from error


def _count(invocation: Invocation) -> None:
    invocation.subrequests += 1
    limit = invocation.limits.subrequests
    if invocation.subrequests > limit:
        raise OperationError(
            "Error",
            f"more than {limit} subrequests in one invocation. Make fewer, or raise"
            " subrequests under [limits] in azrun.toml.",
        )


def _parse(params: dict[str, Any], upload: AsyncIterator[bytes] | None) -> _Call:
    given = params.get("body") or {}
    body: bytes | AsyncIterator[bytes] | None = upload
    if "text" in given:
        body = given["text"].encode("utf-8", "replace")
    elif "base64" in given:
        body = base64.b64decode(given["base64"])
    headers = [(str(n), str(v)) for n, v in params["headers"] if str(n).lower() not in _OURS]
    if isinstance(body, bytes):
        headers = [pair for pair in headers if pair[0].lower() != "content-length"]
    return _Call(str(params["url"]).partition("#")[0], str(params["method"]), headers, body)


def _origin(url: str) -> tuple[str, str, int | None]:
    parsed = httpx2.URL(url)
    return parsed.scheme, parsed.host, parsed.port


def _headers(response: httpx2.Response) -> list[list[str]]:
    """As they came, but for those that the decoding of the body has made untrue."""
    decoded = "content-encoding" in response.headers
    untrue = ("content-encoding", "content-length") if decoded else ()
    return [
        [name.decode("latin-1"), value.decode("latin-1")]
        for name, value in response.headers.raw
        if name.decode("latin-1").lower() not in untrue
    ]


async def _chunks(response: httpx2.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in response.aiter_bytes():
            yield chunk
    except httpx2.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise OperationError("TypeError", f"the body broke off: {reason}") from error
    finally:
        await response.aclose()
