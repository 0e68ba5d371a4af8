"""An application's request rules: which function runs for a request.

Source: Azion's Rules Engine, and aziontech/lib's schema of `rules.request`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from azrun.config.azion import Application, Criterion, Rule
from azrun.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule's variables may ask of a request."""

    method: str
    path: str
    query: str
    host: str
    scheme: str
    remote_addr: str
    headers: Mapping[str, str]

    def variable(self, name: str) -> str | None:
        """A variable's value, `${uri}` by "uri"; None when the request has none."""
        if name in _VARIABLES:
            return _VARIABLES[name](self)
        kind, _, rest = name.partition("_")
        if kind == "http":
            return self.headers.get(rest.replace("_", "-"))
        if kind == "arg":
            return next(iter(parse_qs(self.query, keep_blank_values=True).get(rest, ())), None)
        return self._cookie(rest)

    def _cookie(self, name: str) -> str | None:
        pairs = (pair.strip().partition("=") for pair in self.headers.get("cookie", "").split(";"))
        return next((value for key, _, value in pairs if key == name), None)


_VARIABLES: dict[str, Callable[[Facts], str]] = {
    "uri": lambda f: f.path,
    "request_uri": lambda f: f"{f.path}?{f.query}" if f.query else f.path,
    "request_method": lambda f: f.method,
    "request": lambda f: f"{f.method} {f.path}",
    "args": lambda f: f.query,
    "host": lambda f: f.host,
    "scheme": lambda f: f.scheme,
    "remote_addr": lambda f: f.remote_addr,
}

Test = Callable[[Facts], bool]


def _criterion(criterion: Criterion, rule: Rule) -> Test:
    name = criterion.variable[2:-1]
    if name not in _VARIABLES and name.partition("_")[0] not in ("http", "arg", "cookie"):
        raise ConfigError(
            f"rule {rule.name!r}: the variable {criterion.variable} is not supported",
            f"Use one of {', '.join(_VARIABLES)}, arg_*, http_*, cookie_*.",
        )
    negative = "not" in criterion.operator
    argument = "" if criterion.argument is None else str(criterion.argument)
    holds = _operator(criterion.operator, argument, rule)
    return lambda facts: holds(facts.variable(name)) is not negative


def _operator(operator: str, argument: str, rule: Rule) -> Callable[[str | None], bool]:
    """The operator's test, without its negation."""
    if "exist" in operator:
        return lambda value: value is not None
    if "equal" in operator:
        return lambda value: value == argument
    if "start" in operator:
        return lambda value: value is not None and value.startswith(argument)
    try:
        pattern = re.compile(argument)
    except re.error as error:
        raise ConfigError(f"rule {rule.name!r}: {argument!r}: {error}", "Mend it.") from None
    return lambda value: value is not None and pattern.search(value) is not None


def _all_groups(rule: Rule) -> Test:
    groups = [[(c.conditional, _criterion(c, rule)) for c in group] for group in rule.criteria]

    def group_holds(group: Sequence[tuple[str, Test]], facts: Facts) -> bool:
        result = group[0][1](facts)
        for conditional, test in group[1:]:
            result = (result or test(facts)) if conditional == "or" else (result and test(facts))
        return result

    return lambda facts: all(group_holds(group, facts) for group in groups)


@dataclass(frozen=True, slots=True)
class Route:
    """A compiled rule: when, and the name of the function instance it runs."""

    rule: str
    when: str
    holds: Test
    instance: str


def compile_rules(application: Application) -> list[Route]:
    """The rules that run functions, in their order. Raises ConfigError for what is not there."""
    if any(rule.active for rule in application.rules.response):
        raise ConfigError(
            f"the application {application.name!r} has response rules",
            "This version of azrun has request rules alone: remove them or set them inactive.",
        )
    instances = {i.name for i in application.functions_instances if i.active}
    return [
        Route(rule.name, _summary(rule), _all_groups(rule), _instance(rule, instances))
        for rule in application.rules.request
        if rule.active
    ]


def _instance(rule: Rule, instances: set[str]) -> str:
    for behavior in rule.behaviors:
        if behavior.type != "run_function":
            raise ConfigError(
                f"rule {rule.name!r}: the behavior {behavior.type!r} is not supported",
                "This version of azrun has run_function alone.",
            )
    attributes = rule.behaviors[0].attributes
    name = str(attributes.value) if attributes else ""
    if name not in instances:
        raise ConfigError(
            f"rule {rule.name!r} runs a function instance {name!r} that is not there",
            f"Name one of functionsInstances: {', '.join(sorted(instances)) or 'there are none'}.",
        )
    return name


def _summary(rule: Rule) -> str:
    """The criteria in a line, for people: `/ocr`, `/v1/*`, `${host} is_equal example.com`."""
    tests = [(c.conditional, _words(c)) for group in rule.criteria for c in group]
    rest = (f" {'or' if joined == 'or' else 'and'} {words}" for joined, words in tests[1:])
    return tests[0][1] + "".join(rest)


def _words(criterion: Criterion) -> str:
    argument = "" if criterion.argument is None else str(criterion.argument)
    paths = {"is_equal": argument, "starts_with": f"{argument}*", "matches": f"~{argument}"}
    if criterion.variable == "${uri}" and criterion.operator in paths:
        return paths[criterion.operator]
    return f"{criterion.variable} {criterion.operator} {argument}".rstrip()
