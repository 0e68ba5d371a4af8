"""What can go wrong between a hub and the disk."""

from __future__ import annotations

import errno
from pathlib import Path

from azrun.errors import AzrunError
from azrun.inference.store import Source

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class HubError(AzrunError):
    """A model could not be pulled; no file under its final name is left of it."""


def refused(
    status: int, code: str, source: Source, file: str, endpoint: str, names: tuple[str, ...] = ()
) -> HubError:
    """For an HTTP status and the hub's own X-Error-Code; `names` are the repository's GGUFs."""
    page = f"{endpoint}/{source.repo}"
    if status == 404 and code == "EntryNotFound":
        hint = f"It has {', '.join(names)}." if names else f"Look at {page} for its files."
        return HubError(f"{source.repo} has no file {file}", hint)
    if status == 404 and code == "RevisionNotFound":
        hint = f"Look at {page} for its branches and tags."
        return HubError(f"{source.repo} has no revision {source.revision or 'main'}", hint)
    if code == "GatedRepo" or status == 403:
        return HubError(
            f"{source.repo} is gated, and you are not on its list",
            f"Accept its terms at {page}, and set HF_TOKEN to a token of that account"
            f" ({endpoint}/settings/tokens).",
        )
    if status in (401, 404):
        return HubError(
            f"{source.repo} does not exist at {endpoint}, or is private",
            "Check its name; for a private one set HF_TOKEN to a token that may read it.",
        )
    if status == 429:
        return HubError(
            f"{endpoint} takes no more requests for now", "Wait some minutes, and pull again."
        )
    return HubError(
        f"{endpoint} answered with HTTP status {status} for {file}",
        "Pull again later; if HF_ENDPOINT is set, check it.",
    )


def unreachable(endpoint: str, reason: str) -> HubError:
    return HubError(
        f"{endpoint} cannot be reached: {reason}",
        "Check the network (or HF_ENDPOINT, which names another hub), and pull again.",
    )


def garbage(endpoint: str, what: str) -> HubError:
    return HubError(
        f"{endpoint} does not answer as a model hub does: {what}",
        "Pull again; if it stays so, a proxy may be in between, or HF_ENDPOINT names another"
        " kind of server.",
    )


def unwritable(path: Path, error: OSError) -> HubError:
    if error.errno in _FULL:
        return HubError(
            f"the disk is full: {path.name} could not be written ({error.strerror})",
            "Free some space and pull again: it goes on where it stopped. AZRUN_MODELS names a"
            " folder on another disk.",
        )
    return HubError(
        f"{path} cannot be written: {error.strerror or error}",
        "Mend that, or set AZRUN_MODELS to a folder that you may write.",
    )
