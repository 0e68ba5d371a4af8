# ruff: noqa: RET503
"""Talks to the host past the SDK: the path's last part names how."""

import asyncio
import json

import wit_world

from azion import Response


def send(*messages):
    wit_world.send(json.dumps(messages))


def garbage():
    wit_world.send("garbage")


def an_object():
    wit_world.send('{"kind": "head"}')


def numbers():
    wit_world.send("[1, 2, 3]")


def empty_message():
    send([])


def unknown_kind():
    send(["explode", 1])


def unhashable():
    send(["head", [], 200, "", [], "x"])


def wrong_types():
    send(["head", 1, "200", None, 7, {}])


def bad_status():
    send(["head", 1, 99, "", [], "x"])


def a_thousand():
    send(["head", 1, 1000, "", [], "x"])


def second_load():
    send(["ready", None])


def acknowledges():
    send(["op", 7, 1, "request.body", {}, False], *[["more", 7]] * 10)


def same_operation():
    send(*[["op", 7, 1, "fetch", {}, False]] * 2)


def deep_json():
    wit_world.send("[" * 100_000)


def too_large():
    wit_world.send('["' + "x" * (33 << 20) + '"]')


def too_many():
    wit_world.send("[" + "[1]," * 1_000_001 + "[1]]")


def flood():
    while True:
        wit_world.send("[" + ",".join(['["op",1,1,"nothing",{},false]'] * 10_000) + "]")


def traps():
    wit_world.next("not a number")


async def handle_request(request):
    name = request.url.rpartition("/")[2]
    if name == "hello":
        return Response("hello")
    if name == "splits":
        send(["head", 1, 200, "", [["x-a", "b\r\nset-cookie: evil=1"]], "x"])
    elif name == "unreal_header":
        send(["head", 1, 200, "", [["x a\r\n", "b"]], "x"])
    elif name == "body_without_head":
        send(["body", 1, "x"], ["drain", 1], ["body", 1, None], ["done", 1])
    elif name == "strangers":
        send(["head", 99, 200, "", [], "x"], ["body", 99, "x"], ["done", 99], ["drop", 99])
        return Response("ignored")
    elif name == "bad_fetch":
        wit_world.send(json.dumps([["op", 9, 1, "fetch", {"url": 7}, False]]))
    elif name == "empty_204":
        send(["head", 1, 204, "", [], True], ["body", 1, "x"], ["body", 1, None], ["done", 1])
    else:
        globals()[name]()
    await asyncio.sleep(3600)
