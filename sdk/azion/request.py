"""Request: an HTTP request that came in, or is to go out (https://fetch.spec.whatwg.org)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, TypedDict

from azion.body import Body, BodyInit, Source, extract
from azion.headers import Headers, HeadersInit
from azion.url import URL

_NORMALIZED = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"))
_FORBIDDEN = frozenset(("CONNECT", "TRACE", "TRACK"))
_REDIRECTS = ("follow", "error", "manual")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch


class RequestMembers(TypedDict, total=False):
    """What a request may be given beside its address."""

    method: str | None
    headers: HeadersInit | None
    body: BodyInit
    redirect: str | None


RequestInit: TypeAlias = "RequestMembers | Mapping[str, Any] | Request | None"


class Request(Body):
    """An HTTP request: `Request("https://example.com", {"method": "POST", "body": "…"})`, or with
    the members by name: `Request(url, method="POST", body="…")`.

    `Request(request, …)` is a copy with other members, and takes the body over. `metadata` holds
    what the platform knows of an incoming request, such as `metadata["geoip_country_code"]`.
    """

    __slots__ = ("_headers", "_metadata", "_method", "_redirect", "_url")
    _headers: Headers
    _metadata: Mapping[str, str]
    _method: str
    _redirect: str
    _url: str

    def __init__(
        self,
        input: str | URL | Request,
        init: RequestInit = None,
        *,
        method: str | None = None,
        headers: HeadersInit | None = None,
        body: BodyInit = None,
        redirect: str | None = None,
    ) -> None:
        given = members(init, ("method", "headers", "body", "redirect"))
        method = given.get("method") if method is None else method
        headers = given.get("headers") if headers is None else headers
        redirect = given.get("redirect") if redirect is None else redirect
        base = input if isinstance(input, Request) else None
        if isinstance(input, Request):
            self._url, self._metadata = input._url, input._metadata
            self._method = input._method if method is None else _method(method)
            self._redirect = input._redirect if redirect is None else _redirect(redirect)
            self._headers = Headers(input._headers if headers is None else headers)
        else:
            self._url, self._metadata = _address(input), {}
            self._method = "GET" if method is None else _method(method)
            self._redirect = "follow" if redirect is None else _redirect(redirect)
            self._headers = Headers(headers)
        self._carry(given.get("body") if body is None else body, base)

    def _carry(self, init: BodyInit, base: Request | None) -> None:
        source, content_type = extract(init)
        inherits = source is None and base is not None and base._body is not None
        if (source is not None or inherits) and self._method in ("GET", "HEAD"):
            raise TypeError(f"A {self._method} request has no body. Use another method, or none.")
        if inherits and base is not None:
            source = base._take()
        if content_type is not None and not self._headers.has("content-type"):
            self._headers.set("content-type", content_type)
        self._body, self._used = source, False

    @classmethod
    def _from_host(
        cls,
        method: str,
        url: str,
        headers: Sequence[Sequence[str]],
        body: Source,
        metadata: Mapping[str, str],
    ) -> Request:
        """A request that came in, as the host tells it."""
        self = cls.__new__(cls)
        self._method, self._url, self._redirect = method, url, "follow"
        self._headers, self._metadata = Headers._from_host(headers), metadata
        self._body, self._used = body, False
        return self

    @property
    def method(self) -> str:
        """The method, such as "GET"."""
        return self._method

    @property
    def url(self) -> str:
        """The address as a string; `URL(request.url)` has its parts."""
        return self._url

    @property
    def headers(self) -> Headers:
        """The headers."""
        return self._headers

    @property
    def redirect(self) -> str:
        """What fetch does with a redirect: "follow", "error" or "manual"."""
        return self._redirect

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the platform knows of the request: geoip_*, remote_addr, request_id, …"""
        return self._metadata

    async def json(self) -> Any:
        """The whole body, parsed as JSON. TypeError when it was used before."""
        return await self._parse()

    def clone(self) -> Request:
        """A copy; both bodies can be read. TypeError when this one was used."""
        other = Request.__new__(Request)
        other._body, other._used = self._fork(), False
        other._method, other._url, other._redirect = self._method, self._url, self._redirect
        other._headers, other._metadata = self._headers._copy(), self._metadata
        return other

    def __repr__(self) -> str:
        return f"<Request {self._method} {self._url}>"


def members(init: Any, names: Sequence[str]) -> Mapping[str, Any]:
    """The members of an init: those of a mapping, or of an object that has them."""
    if init is None:
        return {}
    if isinstance(init, Mapping):
        unknown = [name for name in init if name not in names]
        if unknown:
            raise TypeError(f"{unknown[0]!r} is unknown here. Known are {', '.join(names)}.")
        return init
    return {name: getattr(init, name, None) for name in names}


def _address(url: str | URL) -> str:
    parsed = url if isinstance(url, URL) else URL(url)
    if parsed.username or parsed.password:
        raise TypeError(f"{url!s} holds credentials. Send them in an authorization header.")
    return parsed.href


def _method(method: str) -> str:
    upper = method.upper()
    if not _TOKEN(method):
        raise TypeError(f"{method!r} is not a valid HTTP method. Give a name such as POST.")
    if upper in _FORBIDDEN:
        raise TypeError(f"The method {method} is not allowed. Use another one.")
    return upper if upper in _NORMALIZED else method


def _redirect(redirect: str) -> str:
    if redirect not in _REDIRECTS:
        raise TypeError(f"redirect is one of {', '.join(_REDIRECTS)}, not {redirect!r}.")
    return redirect
