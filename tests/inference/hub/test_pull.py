from __future__ import annotations

import hashlib
import os
import resource
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from azrun.inference.hub import HubError, pull
from azrun.inference.store import Source, Store, checksum

from ...imitated_hub import COMMIT, REPO, ImitatedHub, imitated
from .conftest import MODEL

SOURCE = Source(REPO, "model.gguf")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "models")


def quiet(name: str, done: int, total: int) -> None:
    pass


def refusal(source: Source, store: Store) -> HubError:
    """Why the pull failed, after which nothing lies under the final names."""
    with pytest.raises(HubError) as caught:
        pull(source, store, quiet)
    assert caught.value.hint.endswith(".")
    assert not any(store.path(source, name).exists() for name in source.files)
    return caught.value


def test_a_model_and_its_projector_are_pulled(hub: ImitatedHub, store: Store) -> None:
    source = Source(REPO, "model.gguf", mmproj="mmproj.gguf")
    heard: list[tuple[str, int, int]] = []
    paths = pull(source, store, lambda *one: heard.append(one))
    assert paths == [store.gguf(source), store.mmproj(source)]
    assert [path.read_bytes() for path in paths] == [MODEL, MODEL[:1000]]
    assert heard[-1] == ("mmproj.gguf", 1000, 1000)
    assert [done for name, done, _ in heard if name == "model.gguf"][-1] == len(MODEL)
    assert sorted(path.name for path in paths[0].parent.iterdir()) == [
        "mmproj.gguf", "mmproj.gguf.sha256", "model.gguf", "model.gguf.sha256",
    ]  # fmt: skip
    assert checksum(paths[0]).read_text() == f"{hashlib.sha256(MODEL).hexdigest()}  model.gguf\n"


def test_the_bytes_are_of_the_commit_that_was_described(hub: ImitatedHub, store: Store) -> None:
    pull(Source(REPO, "model.gguf", revision="v1"), store, quiet)
    assert [(verb, path) for verb, path, _ in hub.asked] == [
        ("HEAD", f"/{REPO}/resolve/v1/model.gguf"),
        ("GET", f"/{REPO}/resolve/{COMMIT}/model.gguf"),
    ]


def test_all_parts_of_a_split_model_are_pulled(hub: ImitatedHub, store: Store) -> None:
    names = [f"big-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    hub.files |= {name: name.encode() for name in names}
    paths = pull(Source(REPO, names[0]), store, quiet)
    assert [path.read_bytes() for path in paths] == [name.encode() for name in names]


def test_what_is_there_is_not_pulled_again(hub: ImitatedHub, store: Store) -> None:
    (path,) = pull(SOURCE, store, quiet)
    pull(SOURCE, store, quiet)
    checksum(path).unlink()
    pull(SOURCE, store, quiet)
    assert len(hub.ranges_asked()) == 1
    hub.files["model.gguf"] = b"GGUF, the next version"
    assert pull(SOURCE, store, quiet)[0].read_bytes() == b"GGUF, the next version"
    hub.files["model.gguf"] = MODEL
    path.write_bytes(bytes(len(MODEL)))
    checksum(path).unlink()
    assert pull(SOURCE, store, quiet)[0].read_bytes() == MODEL


def test_a_connection_that_breaks_is_taken_up_again(hub: ImitatedHub, store: Store) -> None:
    hub.cuts = [1000, 0, 500]
    assert pull(SOURCE, store, quiet)[0].read_bytes() == MODEL
    assert hub.ranges_asked() == ["", "bytes=1000-", "bytes=1000-", "bytes=1500-"]


def test_a_hub_without_ranges_sends_it_all_again(hub: ImitatedHub, store: Store) -> None:
    hub.cuts, hub.ranges = [1000], False
    assert pull(SOURCE, store, quiet)[0].read_bytes() == MODEL


def test_a_pull_goes_on_where_the_last_one_was_stopped(hub: ImitatedHub, store: Store) -> None:
    def stop(name: str, done: int, total: int) -> None:
        if done > 2**20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(SOURCE, store, stop)
    assert not store.has(SOURCE)
    (part,) = store.root.glob("**/*.part")
    there = part.stat().st_size
    assert there > 2**20
    assert pull(SOURCE, store, quiet)[0].read_bytes() == MODEL
    assert hub.ranges_asked() == ["", f"bytes={there}-"]


def test_a_hub_that_never_gets_further_is_given_up(hub: ImitatedHub, store: Store) -> None:
    hub.cuts = [1000, *[0] * 9]
    assert "cannot be reached" in refusal(SOURCE, store).message
    hub.cuts = []
    assert pull(SOURCE, store, quiet)[0].read_bytes() == MODEL
    assert hub.ranges_asked()[-1] == "bytes=1000-"


def test_other_bytes_than_described_are_thrown_away(hub: ImitatedHub, store: Store) -> None:
    hub.sends = {"model.gguf": bytes(len(MODEL))}
    assert "the checksum of model.gguf is wrong" in refusal(SOURCE, store).message
    hub.sends = {"model.gguf": b"<html>" * len(MODEL)}
    assert "is longer than it said" in refusal(SOURCE, store).message
    hub.sends = {"model.gguf": b"<html>Sign in to the hotel's network</html>"}
    assert "less than the whole file" in refusal(SOURCE, store).message
    hub.sends = {}
    assert pull(SOURCE, store, quiet)[0].read_bytes() == MODEL


def test_a_server_that_is_no_hub_is_named(hub: ImitatedHub, store: Store) -> None:
    hub.page = b"<html>Welcome</html>"
    assert "does not answer as a model hub does" in refusal(SOURCE, store).message
    hub.page, hub.checksums = None, False
    assert "no checksum of model.gguf" in refusal(SOURCE, store).message


def test_a_wrong_file_is_answered_with_the_right_names(hub: ImitatedHub, store: Store) -> None:
    error = refusal(Source(REPO, "modle.gguf"), store)
    assert error.message == f"{REPO} has no file modle.gguf"
    assert error.hint == "It has mmproj.gguf, model.gguf."


def test_an_unknown_repository_is_named(hub: ImitatedHub, store: Store) -> None:
    assert (
        "nobody/Nothing does not exist"
        in refusal(Source("nobody/Nothing", "a.gguf"), store).message
    )


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (401, "", "or is private"),
        (403, "GatedRepo", "is gated"),
        (404, "RevisionNotFound", "has no revision main"),
        (429, "", "takes no more requests"),
        (503, "", "HTTP status 503"),
    ],
)
def test_a_refusal_says_what_to_do(
    hub: ImitatedHub, store: Store, status: int, code: str, says: str
) -> None:
    hub.refusal = status, code
    assert says in refusal(SOURCE, store).message


def test_a_gated_model_comes_with_the_token(
    hub: ImitatedHub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.token = "hf_secret"
    assert "HF_TOKEN" in refusal(SOURCE, store).hint
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    pull(SOURCE, store, quiet)


def test_the_token_does_not_leave_the_hub(
    hub: ImitatedHub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with imitated(hub.files) as elsewhere:
        hub.elsewhere = elsewhere.endpoint
        hub.cuts = [1000]
        assert pull(SOURCE, store, quiet)[0].read_bytes() == MODEL
    assert all("authorization" in headers for _, _, headers in hub.asked)
    assert elsewhere.asked
    assert not any("authorization" in headers for _, _, headers in elsewhere.asked)


def test_an_unreachable_hub_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    error = refusal(SOURCE, store)
    assert error.message.startswith("http://127.0.0.1:1 cannot be reached: ")
    monkeypatch.setenv("HF_ENDPOINT", "not a url")
    assert "cannot be reached" in refusal(SOURCE, store).message


def test_a_server_that_speaks_no_http_is_named(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")

        def babble() -> None:
            client, _ = server.accept()
            with client:
                client.recv(1000)
                client.sendall(bytes(range(256)))

        thread = threading.Thread(target=babble)
        thread.start()
        assert "cannot be reached" in refusal(SOURCE, store).message
        thread.join()


def test_too_little_space_is_said_before_anything_is_pulled(
    hub: ImitatedHub, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(store.root.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=2**20))
    error = refusal(SOURCE, store)
    assert error.message == f"3.1 MB are to be downloaded, and {store.root} has room for 1.0 MB"
    assert hub.ranges_asked() == []


FILLS_ITS_DISK = f"""
import resource, sys
from azrun.inference.hub import HubError, pull
from azrun.inference.store import Source, Store
resource.setrlimit(resource.RLIMIT_FSIZE, (2**21, 2**21))
try:
    pull(Source({REPO!r}, "model.gguf"), Store(), lambda *_: None)
except HubError as error:
    sys.exit(f"{{error.message}}|{{error.hint}}")
"""


def test_a_disk_that_fills_up_leaves_what_a_later_pull_needs(
    hub: ImitatedHub, store: Store
) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    child = subprocess.run(
        [sys.executable, "-c", FILLS_ITS_DISK],
        capture_output=True, text=True, check=False,
        env=os.environ | {"AZRUN_MODELS": str(store.root)},
    )  # fmt: skip
    assert child.stderr.startswith("the disk is full: model.gguf could not be written")
    assert "Free some space" in child.stderr
    assert not store.has(SOURCE)
    assert pull(SOURCE, store, quiet)[0].read_bytes() == MODEL
    assert hub.ranges_asked() == ["", f"bytes={2**21}-"]


def test_a_folder_that_cannot_be_written_is_named(hub: ImitatedHub, store: Store) -> None:
    store.root.parent.mkdir(exist_ok=True)
    store.root.write_text("a file")
    error = refusal(SOURCE, store)
    assert "cannot be written" in error.message
    assert "AZRUN_MODELS" in error.hint


def test_two_pulls_of_one_file_do_not_mix(hub: ImitatedHub, store: Store) -> None:
    def again(name: str, done: int, total: int) -> None:
        with pytest.raises(HubError, match=r"another process is pulling model\.gguf"):
            pull(SOURCE, store, quiet)

    assert pull(SOURCE, store, again)[0].read_bytes() == MODEL
