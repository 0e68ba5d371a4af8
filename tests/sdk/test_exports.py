from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import azion
from azion import URL, FetchEvent, Headers, Request, Response, URLSearchParams
from azion.body import Body
from azion.loader import Context

WEB_NAMES = {
    FetchEvent: {"respondWith": "respond_with", "waitUntil": "wait_until"},
    Context: {"waitUntil": "wait_until"},
    Headers: {"getSetCookie": "get_set_cookie", "forEach": "for_each"},
    Body: {"bodyUsed": "body_used", "arrayBuffer": "array_buffer"},
    Request: {"bodyUsed": "body_used", "arrayBuffer": "array_buffer"},
    Response: {"bodyUsed": "body_used", "statusText": "status_text"},
    URL: {
        "canParse": "can_parse",
        "searchParams": "search_params",
        "toString": "to_string",
        "toJSON": "to_json",
    },
    URLSearchParams: {"getAll": "get_all", "forEach": "for_each", "toString": "to_string"},
}


def test_all_is_what_there_is() -> None:
    assert set(azion.__all__) == {
        "AIError", "AIStream", "Azion", "FetchEvent", "Headers", "Request", "Response", "URL",
        "URLSearchParams", "addEventListener", "add_event_listener", "console", "fetch",
    }  # fmt: skip
    assert azion.injected() == {name: getattr(azion, name) for name in azion.__all__}
    assert azion.addEventListener is azion.add_event_listener


@pytest.mark.parametrize("owner", WEB_NAMES, ids=lambda owner: owner.__name__)
def test_the_webs_own_names_work_too(owner: type) -> None:
    for web, ours in WEB_NAMES[owner].items():
        assert inspect.getattr_static(owner, web) is inspect.getattr_static(owner, ours)


def test_every_name_in_the_webs_style_is_listed() -> None:
    for owner in WEB_NAMES:
        camel = {name for name in vars(owner) if re.fullmatch("[a-z]+([A-Z][a-z]*)+", name)}
        assert camel <= WEB_NAMES[owner].keys()


@pytest.mark.parametrize("owner", [*WEB_NAMES, type(azion.console), azion.AIStream])
def test_what_users_call_is_documented(owner: Any) -> None:
    assert owner.__doc__
    for name, member in inspect.getmembers(owner):
        called = inspect.isfunction(member) or isinstance(member, property)
        if called and not name.startswith("_"):
            assert member.__doc__, f"{owner.__name__}.{name}"


def test_the_package_is_typed() -> None:
    assert (Path(azion.__file__).parent / "py.typed").is_file()
