"""A hub on the loopback interface: the few routes that a pull asks for, and their faults."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "c0ffee" + "0" * 34
REPO = "somebody/Model-GGUF"
_FILE = re.compile(r"/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<name>.+)")


@dataclass
class ImitatedHub:
    """`files` are those of `repo`, at any revision. `cuts` are the lengths after which the next
    answers break off; `sends` is what comes in the place of a file that the hub described."""

    files: dict[str, bytes]
    repo: str = REPO
    endpoint: str = ""
    token: str = ""
    refusal: tuple[int, str] | None = None
    page: bytes | None = None
    ranges: bool = True
    checksums: bool = True
    elsewhere: str = ""
    cuts: list[int] = field(default_factory=list)
    sends: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def ranges_asked(self) -> list[str]:
        asked = [one for one in self.asked if one[0] == "GET" and "/resolve/" in one[1]]
        return [headers.get("range", "") for _, _, headers in asked]


class _Handler(BaseHTTPRequestHandler):
    hub: ImitatedHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        hub = self.hub
        headers = {name.lower(): value for name, value in self.headers.items()}
        hub.asked.append((self.command, self.path, headers))
        if hub.page is not None:
            return self._send(200, {"Content-Type": "text/html"}, hub.page, body)
        if hub.refusal is not None:
            status, code = hub.refusal
            return self._send(status, {"X-Error-Code": code} if code else {}, b"", body)
        if hub.token and headers.get("authorization") != f"Bearer {hub.token}":
            return self._send(401, {"X-Error-Code": "GatedRepo"}, b"", body)
        if self.path.startswith(f"/api/models/{hub.repo}"):
            return self._send(200, {}, _description(hub), body)
        found = _FILE.fullmatch(self.path)
        if found is None or found["repo"] != hub.repo:
            return self._send(404, {"X-Error-Code": "RepoNotFound"}, b"", body)
        if found["name"] not in hub.files:
            return self._send(404, {"X-Error-Code": "EntryNotFound"}, b"", body)
        return self._file(found["name"], headers, body)

    def _file(self, name: str, asked: dict[str, str], body: bool) -> None:
        hub, data = self.hub, self.hub.files[name]
        about = {"X-Repo-Commit": COMMIT, "X-Linked-Size": str(len(data))}
        if hub.checksums:
            about["X-Linked-Etag"] = f'"{hashlib.sha256(data).hexdigest()}"'
        if hub.elsewhere:
            return self._send(302, {**about, "Location": f"{hub.elsewhere}{self.path}"}, b"", body)
        data = hub.sends.get(name, data)
        start = re.fullmatch(r"bytes=(\d+)-", asked.get("range", ""))
        if start is None or not hub.ranges:
            return self._send(200, about, data, body)
        first = int(start[1])
        if first >= len(data):
            return self._send(416, {}, b"", body)
        about["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        return self._send(206, about, data[first:], body)

    def _send(self, status: int, headers: dict[str, str], data: bytes, body: bool) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if body and data and self.hub.cuts:
            self.wfile.write(data[: self.hub.cuts.pop(0)])
            self.close_connection = True
        elif body:
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _description(hub: ImitatedHub) -> bytes:
    siblings = [{"rfilename": name} for name in hub.files]
    return json.dumps({"id": hub.repo, "sha": COMMIT, "siblings": siblings}).encode()


@contextmanager
def imitated(files: dict[str, bytes]) -> Iterator[ImitatedHub]:
    """Serves until it is left."""
    hub = ImitatedHub(files)
    handler = type("Handler", (_Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        hub.endpoint = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
