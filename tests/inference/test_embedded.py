from __future__ import annotations

from pathlib import Path

from azrun.inference.embedded import KINDS, embedded, stand_ins
from azrun.inference.types import Kind, ModelSettings


def test_a_checkout_has_tiny_ocr() -> None:
    settings = embedded()["tiny-ocr"].settings
    assert settings.gguf.name == "tiny-ocr.gguf"
    assert settings.mmproj is not None


def test_a_wheel_has_them_beside_each_other_a_checkout_in_folders(tmp_path: Path) -> None:
    wheel, checkout = tmp_path / "wheel", tmp_path / "checkout"
    for folder, name in [(wheel, "tiny-chat"), (checkout / "tiny-embed", "tiny-embed")]:
        folder.mkdir(parents=True)
        (folder / f"{name}.gguf").write_bytes(b"GGUF")
    found = embedded((wheel, checkout))
    assert {name: one.settings for name, one in found.items()} == {
        "tiny-chat": ModelSettings(wheel / "tiny-chat.gguf"),
        "tiny-embed": ModelSettings(checkout / "tiny-embed" / "tiny-embed.gguf"),
    }
    by_kind = {kind: one.name for kind, one in stand_ins((wheel, checkout)).items()}
    assert by_kind == {Kind.CHAT: "tiny-chat", Kind.EMBEDDING: "tiny-embed"}


def test_half_a_pair_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "tiny-ocr.gguf").write_bytes(b"GGUF")
    assert embedded((tmp_path,)) == {}
    (tmp_path / "tiny-ocr-mmproj.gguf").write_bytes(b"GGUF")
    assert list(embedded((tmp_path,))) == ["tiny-ocr"]


def test_one_for_each_kind() -> None:
    assert set(KINDS.values()) == set(Kind)
