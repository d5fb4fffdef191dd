"""What systemd hears from us, on a real socket."""

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from khaossync.ops import notify


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The receiving end of the socket that systemd names in our environment."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        abstract = request.param == "abstract"
        name = f"@khaossync-test-{os.getpid()}" if abstract else f"{folder}/notify"
        receiver.bind(f"\0{name[1:]}" if abstract else name)
        receiver.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        yield receiver


@pytest.mark.parametrize(
    ("say", "heard"),
    [
        (lambda: notify.ready("2 connectors\nowned"), "READY=1\nSTATUS=2 connectors owned"),
        (notify.stopping, "STOPPING=1"),
        (notify.watchdog, "WATCHDOG=1"),
        (lambda: notify.extend_timeout(timedelta(seconds=1.5)), "EXTEND_TIMEOUT_USEC=1500000"),
    ],
)
def test_each_word_is_one_message_spelt_as_systemd_expects(
    systemd: socket.socket, say: Callable[[], bool], heard: str
) -> None:
    assert say()
    assert systemd.recv(4096).decode() == heard


@pytest.mark.parametrize("address", ["", "vsock:2:1234", "/nonexistent/socket"])
def test_when_nobody_listens_nothing_happens(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    assert not notify.watchdog()


def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify.ready("up")


def test_a_systemd_that_reads_no_more_holds_the_daemon_up_for_a_second_only(systemd: socket.socket) -> None:
    assert systemd.fileno() > 0
    assert notify.watchdog()
    while notify.watchdog():
        pass  # fills the queue, until the call gives up and says so
    assert systemd.recv(4096) == b"WATCHDOG=1"
