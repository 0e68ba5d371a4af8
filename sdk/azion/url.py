"""URL: an address and its parts (https://url.spec.whatwg.org)."""

from __future__ import annotations

import re

import pywhatwgurl

from azion.errors import InvalidURL
from azion.search_params import URLSearchParams
from azion.text import well_formed

# Addresses that are already what the standard's parser makes of them. A function parses one
# for nearly every request; the parser, which walks by character, is for all others.
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_SEGMENT = r"[A-Za-z0-9\-._~!$&()*+,;=:@%]*"
_REST = r"[A-Za-z0-9\-._~!$&()*+,;=:@%/?]*"
_plain = re.compile(
    r"(?P<scheme>https?)://"
    rf"(?P<hostname>{_OCTET}(?:\.{_OCTET}){{3}}|(?!(?:[^/]*\.)?xn--)(?:[a-z0-9\-]+\.)*[a-z][a-z0-9\-]*)"
    r"(?::(?!80/|443/)(?P<port>[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}))?"
    rf"(?P<path>(?:/(?!\.|%2[eE]){_SEGMENT})+)"
    rf"(?P<search>\?{_REST})?"
    rf"(?P<hash>\#{_REST})?",
    re.ASCII,
).fullmatch


class URL:
    """An address, parsed; each part can be read and assigned.

    `URL("/path", request.url)` resolves a relative address. InvalidURL (a TypeError) when the
    address cannot be parsed.
    """

    __slots__ = ("_params", "_plain", "_whole")

    def __init__(self, url: str | URL, base: str | URL | None = None) -> None:
        text = well_formed(str(url))
        self._params: URLSearchParams | None = None
        self._plain = _plain(text)
        self._whole = None if self._plain else _parse(text, base)
        if self._plain and base is not None and not isinstance(base, URL):
            URL(base)

    @staticmethod
    def parse(url: str | URL, base: str | URL | None = None) -> URL | None:
        """The URL, or None when it cannot be parsed."""
        try:
            return URL(url, base)
        except InvalidURL:
            return None

    @staticmethod
    def can_parse(url: str | URL, base: str | URL | None = None) -> bool:
        """Whether the address can be parsed."""
        return URL.parse(url, base) is not None

    def _all(self) -> pywhatwgurl.URL:
        """The URL with all of its parts, for what the plain form cannot answer."""
        if self._whole is None:
            self._whole, self._plain = pywhatwgurl.URL(self.href), None
        return self._whole

    @property
    def href(self) -> str:
        """The whole address."""
        return self._plain[0] if self._plain else self._all().href

    @href.setter
    def href(self, value: str) -> None:
        self._whole, self._plain = _parse(well_formed(value), None), None
        if self._params is not None:
            self._params._reset(self.search)

    @property
    def origin(self) -> str:
        """Scheme, host and port; "null" where the scheme has no origin."""
        return f"{self.protocol}//{self.host}" if self._plain else self._all().origin

    @property
    def protocol(self) -> str:
        """The scheme with its colon: "https:"."""
        return self._plain["scheme"] + ":" if self._plain else self._all().protocol

    @protocol.setter
    def protocol(self, value: str) -> None:
        self._all().protocol = value

    @property
    def username(self) -> str:
        """The user name, percent-encoded."""
        return "" if self._plain else self._all().username

    @username.setter
    def username(self, value: str) -> None:
        self._all().username = well_formed(value)

    @property
    def password(self) -> str:
        """The password, percent-encoded."""
        return "" if self._plain else self._all().password

    @password.setter
    def password(self, value: str) -> None:
        self._all().password = well_formed(value)

    @property
    def host(self) -> str:
        """The host name, and the port where it is not the scheme's own."""
        if self._plain is None:
            return self._all().host
        port = self._plain["port"]
        return f"{self._plain['hostname']}:{port}" if port else self._plain["hostname"]

    @host.setter
    def host(self, value: str) -> None:
        self._all().host = well_formed(value)

    @property
    def hostname(self) -> str:
        """The host name."""
        return self._plain["hostname"] if self._plain else self._all().hostname

    @hostname.setter
    def hostname(self, value: str) -> None:
        self._all().hostname = well_formed(value)

    @property
    def port(self) -> str:
        """The port as text; "" for the scheme's own."""
        return self._plain["port"] or "" if self._plain else self._all().port

    @port.setter
    def port(self, value: str | int) -> None:
        self._all().port = str(value)

    @property
    def pathname(self) -> str:
        """The path, percent-encoded."""
        return self._plain["path"] if self._plain else self._all().pathname

    @pathname.setter
    def pathname(self, value: str) -> None:
        self._all().pathname = well_formed(value)

    @property
    def search(self) -> str:
        """The query with its question mark; "" where it is empty."""
        if self._plain is None:
            return self._all().search
        found = self._plain["search"] or ""
        return "" if found == "?" else found

    @search.setter
    def search(self, value: str) -> None:
        self._all().search = well_formed(value)
        if self._params is not None:
            self._params._reset(value)

    @property
    def search_params(self) -> URLSearchParams:
        """The query's names and values; changing them changes the URL."""
        if self._params is None:
            self._params = URLSearchParams._of(self.search, self._set_query)
        return self._params

    def _set_query(self, query: str) -> None:
        self._all().search = query

    @property
    def hash(self) -> str:
        """The fragment with its number sign; "" where it is empty."""
        if self._plain is None:
            return self._all().hash
        found = self._plain["hash"] or ""
        return "" if found == "#" else found

    @hash.setter
    def hash(self, value: str) -> None:
        self._all().hash = well_formed(value)

    def to_string(self) -> str:
        """The whole address."""
        return self.href

    def __repr__(self) -> str:
        return f"URL({self.href!r})"

    def __eq__(self, other: object) -> bool:
        return self.href == other.href if isinstance(other, URL) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it can change
    __str__ = to_string
    canParse = can_parse
    searchParams = search_params
    toString = toJSON = to_json = to_string


def _parse(url: str, base: str | URL | None) -> pywhatwgurl.URL:
    try:
        return pywhatwgurl.URL(url, None if base is None else well_formed(str(base)))
    except ValueError:
        if base is None:
            raise InvalidURL(
                f"Invalid URL: {url!r}. Give a whole address, or a base: URL(url, base)."
            ) from None
        raise InvalidURL(
            f"Invalid URL: {url!r} with base {str(base)!r}. Give a whole address as base."
        ) from None
