"""Tells systemd how the daemon is; without systemd nothing happens.

https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

import os
import socket
from datetime import timedelta


def ready(text: str) -> bool:
    """Start-up is over; `text` is shown by `systemctl status`. Like all of these, tells whether systemd took it."""
    return _send("READY=1", _status(text))


def stopping() -> bool:
    """Stopping has begun."""
    return _send("STOPPING=1")


def watchdog() -> bool:
    """Still alive; owed within every WatchdogSec."""
    return _send("WATCHDOG=1")


def extend_timeout(by: timedelta) -> bool:
    """Start-up or stopping goes on: do not give up on us before this much from now."""
    return _send(f"EXTEND_TIMEOUT_USEC={by // timedelta(microseconds=1)}")


def _status(text: str) -> str:
    return f"STATUS={' '.join(text.split())}"


def _send(*assignments: str) -> bool:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address[:1] not in ("/", "@"):
        return False
    # Blocking, for uvloop has no sock_sendto; systemd reads at once, and after a second we give up.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.settimeout(1.0)
        try:
            client.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            client.sendall("\n".join(assignments).encode())
        except OSError:
            return False
    return True
