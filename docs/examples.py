"""What the commands in README.md and functions/*/README.md print: `python docs/examples.py`.

A block of console is a command after `$ ` and what it printed on stdout. Run without arguments
it writes what differs now into the pages; the tests hold the pages to it.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "functions").glob("*/README.md")))
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```)", re.DOTALL | re.MULTILINE)
VOLATILE = (
    (re.compile(r"\b(chatcmpl|embd|rerank)-[0-9a-f]+"), r"\1-…"),
    (re.compile(r'("created": ?)\d+'), r"\1…"),
    (re.compile(r"^(x-request-id: |date: ).*$", re.MULTILINE), r"\1…"),
    (re.compile(r"(0\.\d\d)\d+"), r"\1…"),  # another processor rounds otherwise
)
SECONDS = 60


def examples(page: Path) -> Iterator[tuple[str, str]]:
    """The commands of a page, each with what the page says it prints."""
    for block in BLOCK.findall(page.read_text("utf-8")):
        yield from _commands(block)


def printed(command: str) -> str:
    """What a command prints in the root of the repository. RuntimeError where it fails."""
    paths = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=ROOT,
        env=os.environ | {"PATH": paths, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"{command}\n{done.stdout}{done.stderr}")
    return done.stdout if not done.stdout or done.stdout.endswith("\n") else f"{done.stdout}\n"


def settled(text: str) -> str:
    """The text without what is another each time."""
    for pattern, instead in VOLATILE:
        text = pattern.sub(instead, text)
    return text


def refresh(page: Path) -> bool:
    """Whether something had to be written anew."""
    old = page.read_text("utf-8")
    new = BLOCK.sub(lambda found: "".join(map(_anew, _commands(found[0]))), old)
    page.write_text(new, "utf-8")
    return new != old


def _anew(example: tuple[str, str]) -> str:
    command, said = example
    now = printed(command)
    return f"$ {command}\n{said if settled(said) == settled(now) else now}"


def _commands(block: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        count = next(end for end in range(1, len(lines) + 1) if _whole("".join(lines[:end])))
        yield "".join(lines[:count]).rstrip("\n"), "".join(lines[count:])


def _whole(command: str) -> bool:
    try:
        shlex.split(command)
    except ValueError:  # a quote is open
        return False
    return not command.endswith("\\\n")


if __name__ == "__main__":
    for page in PAGES:
        print(f"{page.relative_to(ROOT)}: {'written anew' if refresh(page) else 'as it was'}")
