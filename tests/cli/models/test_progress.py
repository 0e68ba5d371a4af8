from __future__ import annotations

import io

from azrun.cli.models.progress import Progress


class Screen(io.StringIO):
    """A terminal, as far as a program can tell."""

    def isatty(self) -> bool:
        return True


def test_a_line_for_every_tenth_where_nobody_looks() -> None:
    out = io.StringIO()
    progress = Progress(out)
    for done in range(0, 1001, 4):
        progress("model.gguf", done, 1000)
    progress("mmproj.gguf", 500, 500)
    progress.end()
    lines = out.getvalue().splitlines()
    assert lines[:2] == ["model.gguf  0 % of 1.0 kB", "model.gguf  10 % of 1.0 kB"]
    assert len(lines) == 12
    assert lines[-1] == "mmproj.gguf  100 % of 500 B"


def test_a_bar_on_a_terminal() -> None:
    out = Screen()
    progress = Progress(out)
    progress("bad\x1b[2Jname.gguf", 500, 1000)
    progress("bad\x1b[2Jname.gguf", 501, 1000)
    progress("bad\x1b[2Jname.gguf", 1000, 1000)
    progress.end()
    first, *draws = out.getvalue().split("\r\x1b[2K")
    assert first == "bad\\x1b[2Jname.gguf\n"
    assert len(draws) == 2
    assert draws[0].endswith(" 50 %  500 B of 1.0 kB")
    assert draws[1].endswith("100 %  1.0 kB of 1.0 kB\n")
