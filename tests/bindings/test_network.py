from __future__ import annotations

import ipaddress

import httpcore2
import pytest

from azrun.bindings.network import GuardedBackend, Refused, is_public

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_private_addresses(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "::1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1"]
)
async def test_no_spelling_of_a_private_address_connects(host: str) -> None:
    with pytest.raises(Refused, match="is a private address"):
        await GuardedBackend(allow_private=False).connect_tcp(host, 80, timeout=5)


async def test_a_name_that_does_not_resolve() -> None:
    with pytest.raises(httpcore2.ConnectError, match="cannot be resolved"):
        await GuardedBackend(allow_private=False).connect_tcp("no-such-name.invalid", 80, timeout=5)
