"""The function's folder as a cell sees it."""

from pathlib import Path

import sibling

from azion import Response

HERE = Path("/function")


def imports():
    return sibling.WORD


def reads():
    return (HERE / "data.txt").read_text()


def writes():
    (HERE / "made.txt").write_text("x")


def changes():
    (HERE / "data.txt").write_text("x")


def removes():
    (HERE / "data.txt").unlink()


def climbs():
    return (HERE / ".." / "outside.txt").read_text()


def follows():
    return (HERE / "link.txt").read_text()


async def handle_request(request):
    try:
        return Response(globals()[request.url.rpartition("/")[2]]() or "done")
    except OSError as error:
        return Response(f"refused: {type(error).__name__}", status=403)
