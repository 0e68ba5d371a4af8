from __future__ import annotations

import pytest
from jinja2.exceptions import SecurityError

from azrun.inference.worker.requests.sandbox import ALL, LARGEST, Sandbox, TooLarge


def render(source: str, **values: object) -> str:
    return Sandbox().from_string(source).render(**values)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ 'a' * 3 ~ 1 ~ none }}", "aaa1None"),
        ("{{ [1, 'a', (2, {'b': 3})] }}", "[1, 'a', (2, {'b': 3})]"),
        ("{{ '%s and %d' % ('a', 1700000000) }}", "a and 1700000000"),
        ("{{ '%s%s' | format('a', 1) }}", "a1"),
        ("{{ '{:>3}|{}'.format('a', 2) }}", "  a|2"),
        ("{{ 'a-b'.replace('-', '+') | replace('a', 'c') }}", "c+b"),
        ("{{ ', '.join(['a', 'b']) }}", "a, b"),
        ("{{ [{'a': 1}, {'a': 2}] | map(attribute='a') | join('-') }}", "1-2"),
        ("{{ [{'a': 1}, {'a': 2}] | join('-', attribute='a') }}", "1-2"),
        ("{{ ' a b '.strip().split(' ')[-1] | upper }}", "B"),
        ("{% for k, v in {'a': 1} | items %}{{ k }}{{ v }}{% endfor %}", "a1"),
        ("{% set a, b = 1, 2 %}{{ a + b ** 2 % 3 }}", "2"),
        ("{% set ns = namespace(n=0) %}{% for i in range(4) %}{% set ns.n = ns.n + i %}"
         "{% endfor %}{{ ns.n }}", "6"),
        ("{{ 'a\nb' | indent(2) }}", "a\n  b"),
        ("{{ {'a': [1]} | tojson(indent=1) }}", '{\n "a": [\n  1\n ]\n}'),
        ("{% set x %}a{{ 1 }}{% endset %}{{ x }}", "a1"),
        ("{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m('x') }}", "<x>"),
    ],
)  # fmt: skip
def test_what_templates_do(source: str, expected: str):
    assert render(source) == expected


DOUBLE = "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = EXPR %}{% endfor %}"


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 10**9 }}",
        "{{ [[1] * 1000] * 1000 }}",
        "{{ 10 ** (10 ** 8) }}",
        "{{ (2 ** 5000) * (2 ** 5000) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%*d' % (1000000000, 1) }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ '%(a)s' * 100000 % {'a': 'x' * 1000000} }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ '{:{}}'.format(1, 1000000000) }}",
        "{{ '{0:1000000000}'.format_map({'0': 1}) }}",
        "{{ range(100000) | join('x' * 1000000) }}",
        "{{ ('x' * 1000000).join(range(100000) | map('string')) }}",
        "{{ ('x' * 1000000) | replace('x', 'y' * 1000000) }}",
        "{{ ('x' * 1000000).replace('', 'y' * 1000000) }}",
        "{% set x = 'a' * 16000000 %}{{ x ~ x }}",
        "{% set x = 'a' * 16000000 %}{{ x + x }}",
        "{% set x = 'a' * 16000000 %}{{ x }}{{ x }}",
        "{% set x = 'a' * 16000000 %}{% set y %}{{ x }}{{ x }}{% endset %}",
        DOUBLE.replace("EXPR", "ns.x + ns.x"),
        DOUBLE.replace("EXPR", "[ns.x, ns.x]"),
        DOUBLE.replace("EXPR", "(ns.x, ns.x)"),
        DOUBLE.replace("EXPR", "{'a': ns.x, 'b': ns.x}"),
        DOUBLE.replace("EXPR", "dict(a=ns.x, b=ns.x)"),
        "{% for i in range(99) %}{% set x = 'a' * 16000000 %}{% endfor %}",
    ],
)
def test_nothing_grows_without_end(source: str):
    with pytest.raises(TooLarge):
        render(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a'.center(1000000000) }}",
        "{{ 'a'.ljust(1000000000) }}",
        "{{ 'a'.zfill(1000000000) }}",
        "{{ 'a'.expandtabs(1000000000) }}",
        "{{ 'a'.encode() }}",
        "{{ (5).to_bytes(1000000000) }}",
        "{{ [].append(1) }}",
    ],
)
def test_methods_that_no_template_needs(source: str):
    with pytest.raises(SecurityError):
        render(source)


def test_each_rendering_has_all_of_the_budget():
    sandbox = Sandbox()
    template = sandbox.from_string("{% set x = 'a' * n %}")
    for _ in range(ALL // LARGEST + 1):
        sandbox.begin()
        template.render(n=LARGEST)
