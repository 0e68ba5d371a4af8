"""What a cell does not have: each answers the error that it meets."""

import os

from azion import Response


def files():
    return open("/etc/passwd").read()


def listing():
    return os.listdir("/")


def network():
    import socket

    return socket.create_connection(("127.0.0.1", 80))


def process():
    import subprocess

    return subprocess.run(["id"])


def system():
    return os.system("id")


def library():
    import ctypes

    return ctypes.CDLL(None)


def thread():
    import threading

    threading.Thread(target=print).start()


def environment():
    return dict(os.environ)


async def handle_request(request):
    name = request.url.rpartition("/")[2]
    try:
        return Response.json({"got": globals()[name]()})
    except Exception as error:
        return Response.json({"error": type(error).__name__})
