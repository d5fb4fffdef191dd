"""Where the server's socket lies, and how a client finds it."""

import os
import socket
import tempfile
from pathlib import Path
from urllib.parse import quote, urlencode

from khaossync.embedded.cluster import DATABASE, SOCKET_LINE, USER, Cluster

NAME = ".s.PGSQL.5432"
LONGEST_PATH = 107  # bytes of sun_path less its final zero: https://man7.org/linux/man-pages/man7/unix.7.html
PREFIX = "khaossync-"
RANDOM = 8  # characters that mkdtemp adds


def make_folder(home: Path) -> Path:
    """A folder that only we may enter, with a path short enough for a socket in it: in `home` if it can be."""
    inside = home / "socket"
    if _fits(inside):
        inside.mkdir(mode=0o700, exist_ok=True)
        return inside
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    for parent in filter(None, (runtime, tempfile.gettempdir())):
        if _fits(Path(parent, PREFIX + "x" * RANDOM)):
            return Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    return Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / NAME)) <= LONGEST_PATH


def dsn(cluster: Cluster, folder: Path) -> str:
    """The DSN, password included, of the server whose socket lies in `folder`."""
    query = urlencode({"host": str(folder)})
    return f"postgresql://{USER}:{quote(cluster.password(), safe='')}@/{DATABASE}?{query}"


def running(data_dir: Path) -> str | None:
    """The DSN of the server that another process runs on this folder; None when none is running."""
    cluster = Cluster(data_dir.absolute())
    lines = cluster.status()
    if len(lines) <= SOCKET_LINE or not _answers(folder := Path(lines[SOCKET_LINE])):
        return None
    return dsn(cluster, folder)


def _answers(folder: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(folder / NAME))
        except OSError:
            return False
    return True
