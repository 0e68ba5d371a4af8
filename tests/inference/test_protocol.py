from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from azrun.inference.protocol import (
    PREFIX,
    Begun,
    Cancel,
    Counted,
    Done,
    Embed,
    Failed,
    Frames,
    Generate,
    Likely,
    Load,
    Loaded,
    LoadFailed,
    Loading,
    Logprobs,
    Piece,
    Pieces,
    Rerank,
    Scored,
    Started,
    Vectors,
    decode_event,
    decode_request,
    encode_event,
    encode_request,
    sizes,
)
from azrun.inference.types import (
    EmbedRequest,
    GenerateRequest,
    ImagePart,
    Message,
    ModelInfo,
    ModelSettings,
    RerankRequest,
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
        Generate(1, GenerateRequest(prompt=(1, 2), logit_bias=((1, -1.5),))),
        Generate(1, GenerateRequest(prompt="a")),
        Embed(1, EmbedRequest(("a", (1, 2)), 256)),
        Rerank(1, RerankRequest("q", ("a", "b"), 7)),
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


LIKELY = Logprobs(Likely("\xe2", -0.5), [Likely("a", -0.1)])


@pytest.mark.parametrize(
    "event",
    [
        Loading(0.5),
        Loaded(ModelInfo("a", "llama", 1, 2, 3, True, True)),
        LoadFailed("because"),
        Started(1, 5),
        Begun(1, 4),
        Pieces([Piece(1, 0, "\u2603", 1, "stop", "x"), Piece(2, 1, "a", 7, logprobs=[LIKELY])]),
        Vectors(1, 2, 9, b"01234567" * 3),
        Scored(1, [0.5, 1.0], 9),
        Done(1),
        Failed(1, "invalid", "no", "hint"),
        Counted(1, 2, 3, 4),
    ],
    ids=lambda event: event.type,
)
def test_events(event):
    frame = encode_event(event)
    header, blob = sizes(frame[: PREFIX.size], 10_000)
    body = frame[PREFIX.size :]
    assert len(body) == header + blob
    assert decode_event(body[:header], body[header:]) == event


@pytest.mark.parametrize(("width", "data"), [(0, b""), (2, b"0123")])
def test_vectors_that_are_none(width: int, data: bytes):
    header = encode_event(Vectors(1, width, 1))[PREFIX.size :]
    with pytest.raises(ValueError, match="bytes of vectors"):
        decode_event(header, data)


def test_a_frame_that_is_too_large():
    with pytest.raises(ValueError, match="101 bytes, where 100 is the most"):
        sizes(PREFIX.pack(1, 100), 100)


@pytest.mark.parametrize(
    "header", [b"", b"[]", b"{}", b'{"type":"x"}', b'{"type":"done","id":"a"}', b"\xff"]
)
def test_what_is_no_event(header: bytes):
    with pytest.raises(ValidationError):
        decode_event(header)


@pytest.mark.parametrize("size", [1, 3, 10, 1000])
def test_frames_however_they_are_cut(size: int):
    events = [Begun(1, 4), Vectors(1, 2, 9, b"01234567" * 3), Done(1), Scored(2, [0.5], 1)]
    stream = b"".join(map(encode_event, events))
    frames, seen = Frames(), []
    for start in range(0, len(stream), size):
        seen.extend(frames.feed(stream[start : start + size]))
    assert seen == events
