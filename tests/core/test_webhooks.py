"""What is signed, and which addresses may be called."""

from __future__ import annotations

import ipaddress

import pytest

from begat.core.errors import Code, Problem
from begat.core.webhooks import check_url, headers, is_public, secret_of


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    found = headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        '{"test": 2432232314}',
    )
    assert found == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_each_monitor_has_a_secret_of_its_own_that_stays() -> None:
    assert secret_of("a", "monitor_1") == secret_of("a", "monitor_1")
    assert len({secret_of(graph, id) for graph in "ab" for id in ("monitor_1", "monitor_2")}) == 4


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1"),  # noqa: S104
        *("169.254.169.254", "192.0.0.192", "168.63.129.16", "192.0.2.1", "224.0.0.1", "255.255.255.255", "240.0.0.1"),
        *("::", "::1", "fe80::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1"),
    ],
)
def test_addresses_that_are_not_the_internets_are_refused(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Problem) as refused:
        check_url(f"http://{host}/hook", "input", "webhook", private=False)
    assert (refused.value.code, refused.value.path) == (Code.BAD_INPUT, ("input", "webhook"))
    assert "BEGAT_WEBHOOK_PRIVATE" in (refused.value.hint or "")
    check_url(f"http://{host}/hook", private=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_ones_are_not(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        *("", "hook", "ftp://example.org/", "file:///etc/passwd", "http://", "https:///x", "http://example.org:0/"),
        *("http://example.org:99999/", "http://[::1", "http://me:secret@example.org/", "http://exa mple.org/"),
        *("http://example.org/\nX: y", "http://пример.рф/", f"http://example.org/{'x' * 2_000}", "http://a\0b.org/"),
        *("http://localhost/", "http://api.localhost:8000/", "https://2130706433/", "https://0x7f.1/"),
        f"https://{'a.' * 150}org/",
        *("http://hooks..example.org/", "http://.example.org/", f"https://{'a' * 64}.example.org/"),
    ],
)
def test_what_is_no_address_is_refused_and_no_password_is_repeated(url: str) -> None:
    with pytest.raises(Problem) as refused:
        check_url(url, "input", "webhook", private=False)
    assert refused.value.code is Code.BAD_INPUT
    assert "secret" not in refused.value.message
