"""`azrun init`."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from azrun.errors import AzrunError


@dataclass(frozen=True, slots=True)
class Template:
    """A folder of `functions/`: the rule that runs its function, a request, a test's line."""

    operator: str
    path: str
    request: str
    test: str


TEMPLATES = {
    "hello": Template(
        "starts_with",
        "/",
        "azrun invoke '/?name=Ana'",
        'assert client.get("/?name=Ana").text == "Hello, Ana!\\n"',
    ),
    "ocr": Template(
        "is_equal",
        "/ocr",
        "azrun invoke /ocr -d @page.png",
        'assert client.get("/ocr").status_code == 405',
    ),
    "ai-inference-starter-kit": Template(
        "starts_with",
        "/",
        "azrun invoke /v1/chat/completions -d @request.json",
        'assert client.post("/", json={}).status_code == 400',
    ),
}

TEST = """\
from starlette.testclient import TestClient

from azrun import create_app


def test_the_function_answers():
    with TestClient(create_app()) as client:
        {test}
"""

SETTINGS = """\
# What is local to this machine; everything that is Azion's is in azion.config.json.

# [server]
# port = 3333

# [limits]                     # Azion's own limits are the defaults
# memory_mb = 512
# cpu_seconds = 2

# [models."nanonets/Nanonets-OCR-s"]   # a real model in place of the embedded stand-in
# gguf = "~/models/Nanonets-OCR-s-Q8_0.gguf"
# mmproj = "~/models/mmproj-Nanonets-OCR-s-F16.gguf"
"""

IGNORED = """\
.env
__pycache__/
"""


@click.command()
@click.argument("name", type=click.Path(path_type=Path))
@click.option("--template", type=click.Choice(list(TEMPLATES)), default="hello", show_default=True)
def init(name: Path, template: str) -> None:
    """Make a new project from a template.

    NAME is its folder. hello answers with a greeting, ocr reads the text in an image,
    ai-inference-starter-kit is an OpenAI-compatible endpoint.
    """
    if name.exists() and (not name.is_dir() or any(name.iterdir())):
        raise AzrunError(f"{name} is there already and not empty", "Choose another name.")
    source = _templates() / template
    function = name / "functions" / template
    shutil.copytree(source, function, ignore=shutil.ignore_patterns("__pycache__"))
    manifest = json.dumps(_manifest(name.resolve().name, template), indent=2)
    (name / "azion.config.json").write_text(manifest + "\n", "utf-8")
    (name / "azrun.toml").write_text(SETTINGS, "utf-8")
    (name / ".gitignore").write_text(IGNORED, "utf-8")
    test = name / "tests" / f"test_{template.replace('-', '_')}.py"
    test.parent.mkdir()
    test.write_text(TEST.format(test=TEMPLATES[template].test), "utf-8")
    click.echo(f"{function}/main.py is your function. Next:\n")
    for command in (f"cd {name}", "azrun dev", TEMPLATES[template].request):
        click.echo(f"  {command}")


def _templates() -> Path:
    """Where a wheel has the templates, or where a checkout of the repository has them."""
    package = Path(__file__).parents[1]
    wheel = package / "templates"
    return wheel if wheel.is_dir() else package.parents[1] / "functions"


def _manifest(name: str, template: str) -> dict[str, Any]:
    rule = {
        "name": f"run {template}",
        "criteria": [
            [
                {
                    "variable": "${uri}",
                    "conditional": "if",
                    "operator": TEMPLATES[template].operator,
                    "argument": TEMPLATES[template].path,
                }
            ]
        ],
        "behaviors": [{"type": "run_function", "attributes": {"value": template}}],
    }
    return {
        "functions": [{"name": template, "path": f"./functions/{template}/main.py"}],
        "applications": [
            {
                "name": name,
                "functionsEnabled": True,
                "functionsInstances": [{"name": template, "ref": template}],
                "rules": {"request": [rule]},
            }
        ],
    }
