from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from azrun.inference.protocol import (
    PREFIX,
    Cancel,
    Done,
    Failed,
    Generate,
    Load,
    Loaded,
    LoadFailed,
    Piece,
    Started,
    decode_event,
    decode_request,
    encode_event,
    encode_request,
    sizes,
)
from azrun.inference.types import (
    GenerateRequest,
    ImagePart,
    Message,
    ModelInfo,
    ModelSettings,
    TextPart,
    ToolCall,
)

REQUEST = GenerateRequest(
    messages=(
        Message("user", (ImagePart("a"), TextPart("b \u2603"), ImagePart("c"))),
        Message("assistant", None, (ToolCall("1", "f", "{}"),)),
        Message("tool", "x", tool_call_id="1"),
    ),
    images=(b"\x00\xff", b"second"),
    tools=({"type": "function", "function": {"name": "f"}},),
    max_tokens=3,
    stop=("a",),
)


@pytest.mark.parametrize(
    "message",
    [
        Load(ModelSettings(Path("/a.gguf"), Path("/b.gguf"), 512, 2, -1)),
        Generate(1, REQUEST),
        Cancel(1),
    ],
    ids=lambda message: message.type,
)
def test_requests(message):
    frame = encode_request(message)
    header, blobs = sizes(frame[: PREFIX.size], 10_000)
    body = frame[PREFIX.size :]
    assert len(body) == header + blobs
    assert decode_request(body[:header], body[header:]) == message


@pytest.mark.parametrize(
    "event",
    [
        Loaded(ModelInfo("a", "llama", 1, 2, 3, True, True)),
        LoadFailed("because"),
        Started(1, 5),
        Piece(1, 0, "\u2603", 1, "stop", "x"),
        Done(1, 5),
        Failed(1, "invalid", "no", "hint"),
    ],
    ids=lambda event: event.type,
)
def test_events(event):
    frame = encode_event(event)
    header, blobs = sizes(frame[: PREFIX.size], 10_000)
    assert (header, blobs) == (len(frame) - PREFIX.size, 0)
    assert decode_event(frame[PREFIX.size :]) == event


def test_a_frame_that_is_too_large():
    with pytest.raises(ValueError, match="101 bytes, where 100 is the most"):
        sizes(PREFIX.pack(1, 100), 100)


@pytest.mark.parametrize(
    "header", [b"", b"[]", b"{}", b'{"type":"x"}', b'{"type":"done","id":"a","steps":1}', b"\xff"]
)
def test_what_is_no_event(header: bytes):
    with pytest.raises(ValidationError):
        decode_event(header)
