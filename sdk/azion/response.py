"""Response: an HTTP response (https://fetch.spec.whatwg.org)."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol, TypeAlias, TypedDict, overload

from azion.body import JSON, Body, BodyInit, Source, extract
from azion.headers import Headers, HeadersInit
from azion.request import members
from azion.text import to_json, well_formed
from azion.url import URL

_NULL_BODY = frozenset((101, 103, 204, 205, 304))
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_REASON = re.compile(r"[\t\x20-\x7e\x80-\xff]*").fullmatch


class ResponseMembers(TypedDict, total=False):
    """What a response may be given beside its body."""

    status: int | None
    status_text: str | None
    statusText: str | None
    headers: HeadersInit | None


ResponseInit: TypeAlias = "ResponseMembers | Mapping[str, Any] | Response | None"


class _MakeJson(Protocol):
    def __call__(
        self,
        data: Any,
        init: ResponseInit = None,
        *,
        status: int | None = None,
        status_text: str | None = None,
        headers: HeadersInit | None = None,
    ) -> Response:
        """A response whose body is `data` as JSON."""


class _Json:
    """`json` as the standard has it: `Response.json(data)` makes, `response.json()` reads."""

    @overload
    def __get__(self, response: None, owner: type[Response]) -> _MakeJson: ...
    @overload
    def __get__(
        self, response: Response, owner: type[Response]
    ) -> Callable[[], Coroutine[Any, Any, Any]]: ...
    def __get__(self, response: Response | None, owner: type[Response]) -> Callable[..., Any]:
        return _json_response if response is None else response._parse


class Response(Body):
    """An HTTP response: `Response("hello", {"status": 200})`, or with the members by name:
    `Response("hello", status=200, headers={"x-a": "b"})`.

    The body is a str, bytes, a dict or list (sent as JSON), URLSearchParams, an async iterable
    of str or bytes (sent as it comes), a stream of `Azion.AI.run` (sent as server-sent events),
    another body, or None. `Response(body, response)` copies the other's head. The status is
    200..599: ValueError otherwise.
    """

    __slots__ = ("_headers", "_redirected", "_status", "_status_text", "_type", "_url")

    def __init__(
        self,
        body: BodyInit = None,
        init: ResponseInit = None,
        *,
        status: int | None = None,
        status_text: str | None = None,
        headers: HeadersInit | None = None,
    ) -> None:
        if init is not None:
            given = members(init, ("status", "status_text", "statusText", "headers"))
            status = given.get("status") if status is None else status
            status_text = status_text or given.get("status_text") or given.get("statusText")
            headers = given.get("headers") if headers is None else headers
        source, content_type = extract(body)
        self._begin(source, 200 if status is None else status, status_text or "")
        if headers is None and content_type is not None:
            self._headers = Headers._of("content-type", content_type)
            return
        self._headers = Headers(headers)
        if content_type is not None and "content-type" not in self._headers:
            self._headers.set("content-type", content_type)

    def _begin(self, source: Source, status: int, status_text: str) -> None:
        if not isinstance(status, int) or not 200 <= status <= 599:
            raise ValueError(f"A response's status is a number from 200 to 599, not {status!r}.")
        if status_text and not _REASON(status_text):
            raise TypeError(f"{status_text!r} is not a valid status text.")
        if source is not None and status in _NULL_BODY:
            raise TypeError(f"A response with status {status} has no body. Give None.")
        self._body, self._used = source, False
        self._status, self._status_text = status, status_text
        self._url, self._redirected, self._type = "", False, "default"

    @classmethod
    def _from_host(cls, head: Mapping[str, Any], body: Source) -> Response:
        """A fetched response, as the host tells it."""
        self = cls.__new__(cls)
        self._body, self._used = None if head["status"] in _NULL_BODY else body, False
        self._status, self._status_text = head["status"], head["status_text"]
        self._url, self._redirected, self._type = head["url"], head["redirected"], "basic"
        self._headers = Headers._from_host(head["headers"])
        return self

    @staticmethod
    def redirect(url: str | URL, status: int = 302) -> Response:
        """A redirect to a whole address, with status 301, 302, 303, 307 or 308."""
        location = URL(url).href
        if status not in _REDIRECTS:
            raise ValueError(f"A redirect's status is 301, 302, 303, 307 or 308, not {status!r}.")
        response = Response(None, status=status, headers={"location": location})
        response._headers._immutable = True
        return response

    @staticmethod
    def error() -> Response:
        """A network error: type "error", status 0."""
        response = Response()
        response._status, response._type = 0, "error"
        response._headers._immutable = True
        return response

    json = _Json()

    @property
    def status(self) -> int:
        """The status code."""
        return self._status

    @property
    def status_text(self) -> str:
        """The reason phrase; usually ""."""
        return self._status_text

    @property
    def ok(self) -> bool:
        """Whether the status is 200..299."""
        return 200 <= self._status <= 299

    @property
    def headers(self) -> Headers:
        """The headers."""
        return self._headers

    @property
    def url(self) -> str:
        """The address a fetched response came from, without its fragment; else ""."""
        return self._url

    @property
    def redirected(self) -> bool:
        """Whether a fetched response came after redirects."""
        return self._redirected

    @property
    def type(self) -> str:
        """ "default" for one made here, "basic" for a fetched one, "error" for an error."""
        return self._type

    def clone(self) -> Response:
        """A copy; both bodies can be read. TypeError when this one was used."""
        other = Response.__new__(Response)
        other._body, other._used = self._fork(), False
        other._status, other._status_text = self._status, self._status_text
        other._url, other._redirected, other._type = self._url, self._redirected, self._type
        other._headers = self._headers._copy()
        return other

    def __repr__(self) -> str:
        return f"<Response {self._status}>"

    statusText = status_text


def _json_response(
    data: Any,
    init: ResponseInit = None,
    *,
    status: int | None = None,
    status_text: str | None = None,
    headers: HeadersInit | None = None,
) -> Response:
    """A response whose body is `data` as JSON."""
    body = well_formed(to_json(data))
    response = Response(None, init, status=status, status_text=status_text, headers=headers)
    response._begin(body, response._status, response._status_text)
    if "content-type" not in response._headers:
        response._headers.set("content-type", JSON)
    return response
