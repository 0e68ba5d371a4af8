from __future__ import annotations

from typing import Any

import pytest

from azrun.config.azion import Application
from azrun.edge.rules import Facts, compile_rules
from azrun.errors import ConfigError


def facts(path: str = "/", **given: Any) -> Facts:
    known = {
        "method": "GET",
        "query": "",
        "host": "localhost",
        "scheme": "http",
        "remote_addr": "127.0.0.1",
        "headers": {},
    }
    return Facts(path=path, **(known | given))


def application(criteria: list[Any], **rule: Any) -> Application:
    behaviors = [{"type": "run_function", "attributes": {"value": "f"}}]
    made = {"name": "r", "criteria": criteria, "behaviors": behaviors} | rule
    return Application.model_validate(
        {
            "name": "a",
            "functionsInstances": [{"name": "f", "ref": "f"}],
            "rules": {"request": [made]},
        }
    )


def criterion(operator: str, argument: Any = None, variable: str = "uri", join: str = "if") -> Any:
    return {
        "variable": f"${{{variable}}}",
        "operator": operator,
        "argument": argument,
        "conditional": join,
    }


def holds(criteria: list[Any], asked: Facts) -> bool:
    (route,) = compile_rules(application(criteria))
    return route.holds(asked)


@pytest.mark.parametrize(
    ("operator", "argument", "path", "result"),
    [
        ("is_equal", "/a", "/a", True),
        ("is_equal", "/a", "/ab", False),
        ("is_not_equal", "/a", "/ab", True),
        ("is_not_equal", "/a", "/a", False),
        ("starts_with", "/v1/", "/v1/chat", True),
        ("starts_with", "/v1/", "/other/v1/chat", False),
        ("starts_with", "/a(", "/a(b", True),
        ("starts_with", "/a.b", "/axb", False),
        ("does_not_start_with", "/v1/", "/v1/chat", False),
        ("does_not_start_with", "/v1/", "/v2/chat", True),
        ("matches", r"^/a\d+$", "/a12", True),
        ("matches", r"b", "/abc", True),
        ("matches", r"^/a\d+$", "/ab", False),
        ("does_not_match", r"^/a", "/a", False),
        ("does_not_match", r"^/a", "/b", True),
        ("exists", None, "/", True),
        ("does_not_exist", None, "/", False),
        ("is_equal", 0, "0", True),
    ],
)
def test_operators(operator: str, argument: Any, path: str, result: bool) -> None:
    assert holds([[criterion(operator, argument)]], facts(path)) is result


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("uri", "/a"),
        ("request_uri", "/a?x=1&y=b%20c"),
        ("request_method", "POST"),
        ("args", "x=1&y=b%20c"),
        ("host", "example.com"),
        ("scheme", "https"),
        ("remote_addr", "10.1.2.3"),
        ("http_x_kind", "red"),
        ("arg_y", "b c"),
        ("cookie_session", "abc"),
    ],
)
def test_variables(variable: str, value: str) -> None:
    asked = facts(
        "/a",
        method="POST",
        query="x=1&y=b%20c",
        host="example.com",
        scheme="https",
        remote_addr="10.1.2.3",
        headers={"x-kind": "red", "cookie": "theme=dark; session=abc"},
    )
    assert holds([[criterion("is_equal", value, variable)]], asked)


@pytest.mark.parametrize("variable", ["http_none", "arg_none", "cookie_none"])
def test_what_a_request_has_not(variable: str) -> None:
    assert holds([[criterion("does_not_exist", None, variable)]], facts())
    assert not holds([[criterion("exists", None, variable)]], facts())
    assert not holds([[criterion("starts_with", "", variable)]], facts())


A, B = criterion("starts_with", "/a"), criterion("is_equal", "POST", "request_method")


@pytest.mark.parametrize(
    ("criteria", "path", "method", "result"),
    [
        ([[A, B | {"conditional": "and"}]], "/a", "POST", True),
        ([[A, B | {"conditional": "and"}]], "/a", "GET", False),
        ([[A, B | {"conditional": "or"}]], "/b", "POST", True),
        ([[A, B | {"conditional": "or"}]], "/b", "GET", False),
        ([[A], [B]], "/a", "POST", True),
        ([[A], [B]], "/a", "GET", False),
        ([[A], [B]], "/b", "POST", False),
    ],
)
def test_groups(criteria: list[Any], path: str, method: str, result: bool) -> None:
    assert holds(criteria, facts(path, method=method)) is result


def test_inactive_rules_are_left_out() -> None:
    assert compile_rules(application([[A]], active=False)) == []


@pytest.mark.parametrize(
    ("criteria", "rule", "says"),
    [
        ([[criterion("exists", None, "geoip_city")]], {}, r"variable \$\{geoip_city\}"),
        ([[criterion("matches", "(")]], {}, r"'\('"),
        ([[A]], {"behaviors": [{"type": "deny"}]}, "behavior 'deny' is not supported"),
        (
            [[A]],
            {"behaviors": [{"type": "run_function", "attributes": {"value": "g"}}]},
            "runs a function instance 'g' that is not there",
        ),
    ],
)
def test_what_is_not_supported_is_named(
    criteria: list[Any], rule: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        compile_rules(application(criteria, **rule))
    assert "rule 'r'" in caught.value.message
    assert caught.value.hint


@pytest.mark.anyio
async def test_the_first_rule_that_holds_wins(serve: Any) -> None:
    source = "async def handle_request(request): return Response('{}')"
    served = await serve(a=source.format("a"), ab=source.format("ab"))
    assert (await served.get("/ab")).text == "a"
