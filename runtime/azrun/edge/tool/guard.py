"""Who may use the tool's pages: not a web page of somebody else's.

A browser sends a page's request to any address that the page names. Without a CORS header the
page cannot read the answer, but the model would have worked for it: so requests that come from
another origin are refused. A page may also have a name of its own lead to this machine (DNS
rebinding), and be the same origin: so over loopback the host must be a name that is no other's.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from azrun.edge.request import Scope
from azrun.errors import RequestError


def check_origin(scope: Scope) -> None:
    """Raises RequestError (403)."""
    headers = dict(scope["headers"])
    host = headers.get(b"host", b"").decode("latin-1").lower()
    if _over_loopback(scope) and not _is_ours(host):
        raise RequestError(
            403,
            f"the host {host!r} is none of this machine's own",
            "Ask for the tool's pages under http://localhost, with azrun's port.",
        )
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    if origin and origin.partition("://")[2] != host:
        raise RequestError(
            403,
            f"a page of {origin} may not use this machine's models",
            "Serve the page with azrun itself, or have its server make the request.",
        )


def _over_loopback(scope: Scope) -> bool:
    return _is_address(str((scope.get("server") or ("",))[0]), loopback=True)


def _is_ours(host: str) -> bool:
    """An address, localhost, or a name without a dot: no name on the internet is like that."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return "." not in name or name.endswith(".localhost") or _is_address(name)


def _is_address(name: str, loopback: bool = False) -> bool:
    try:
        address = ip_address(name)
    except ValueError:
        return False
    inner = getattr(address, "ipv4_mapped", None) or address
    return inner.is_loopback or not loopback
