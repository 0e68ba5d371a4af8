"""What a cell does not have: each answers the error that it meets."""

import os

from azion import URL, Response


def files():
    return open("/etc/passwd").read()


def listing():
    return os.listdir("/")


def lookup():
    import socket

    return socket.getaddrinfo("localhost", 80)


def connection(port):
    import socket

    with socket.socket() as made:
        made.connect(("127.0.0.1", port))
        return made.recv(10)


def listener():
    import socket

    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()


def datagram(port):
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        return made.sendto(b"x", ("127.0.0.1", port))


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


def fork():
    return os.fork()


def execute():
    return os.execv("/bin/id", ["id"])


async def handle_request(request):
    url = URL(request.url)
    arguments = [int(value) for value in url.search_params.values()]
    try:
        return Response.json({"got": globals()[url.pathname.rpartition("/")[2]](*arguments)})
    except Exception as error:
        return Response.json({"error": type(error).__name__})
