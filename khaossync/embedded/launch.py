"""Becomes a PostgreSQL program: run as a script, it prepares its own process and then replaces itself.

    python -I -S launch.py <identity> <pid of the daemon> <program> <arguments …>

It prepares in the child because uvloop refuses `user=` and `group=`, and in a program of its own because code between
fork and exec of a process with threads may deadlock.
"""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000


def _call(libc: ctypes.CDLL, name: str, *arguments: int) -> None:
    if getattr(libc, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


def _become_namespaced(libc: ctypes.CDLL) -> None:
    """PostgreSQL refuses uid 0. In a user namespace without a map it sees 65534, and its files stay root's."""
    _call(libc, "unshare", CLONE_NEWUSER)


def _become_nobody(libc: ctypes.CDLL) -> None:  # noqa: ARG001  (all identities are called alike)
    entry = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def _stay(libc: ctypes.CDLL) -> None:
    """An ordinary user runs PostgreSQL as itself."""


IDENTITIES: dict[str, Callable[[ctypes.CDLL], None]] = {
    "self": _stay,
    "namespace": _become_namespaced,
    "nobody": _become_nobody,
}


def main(identity: str, parent: str, program: str, *arguments: str) -> None:
    """Leave the daemon's session, ask for SIGINT at its death, take the identity, become the program.

    Raises OSError when the system forbids the identity.
    """
    os.setsid()  # a Ctrl-C at the terminal is the daemon's to handle, not PostgreSQL's
    libc = ctypes.CDLL(None, use_errno=True)
    IDENTITIES[identity](libc)
    # Last, because a change of credentials clears it: https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
    _call(libc, "prctl", PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != int(parent):
        sys.exit("the daemon ended before its PostgreSQL began")
    os.execv(program, [program, *arguments])  # noqa: S606  (no shell is wanted)


if __name__ == "__main__":
    main(*sys.argv[1:])
