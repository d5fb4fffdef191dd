"""Decides as whom PostgreSQL runs, for it refuses to run as root."""

import asyncio
import os
import pwd
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from khaossync.domain.errors import ConfigError
from khaossync.embedded import launch

# Only what the programs need: no PG… variable of the caller reaches them. Some builds of Python find their own
# library by LD_LIBRARY_PATH only.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"} | {
    name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"
}
AS_ROOT = ("namespace", "nobody")


@dataclass(frozen=True, slots=True)
class Seat:
    """An identity and the programs that it can run; `major` is PostgreSQL's major version."""

    identity: str
    bindir: Path
    major: int

    def command(self, program: str, *arguments: str) -> list[str]:
        """The argument vector that becomes a program of PostgreSQL under this identity."""
        return _command(self.identity, self.bindir / program, *arguments)

    def own(self, path: Path) -> None:
        """Hand a file or folder of ours to this identity."""
        if self.identity == "nobody":
            entry = pwd.getpwnam("nobody")
            os.chown(path, entry.pw_uid, entry.pw_gid)


async def take(bindir: Path, home: Path) -> Seat:
    """The first identity under which PostgreSQL starts; ConfigError when there is none.

    As root: a user namespace first; where those are forbidden, `nobody`, with a copy of the programs inside `home`
    when the originals lie in a folder that only root may enter.
    """
    identities = AS_ROOT if os.geteuid() == 0 else ("self",)
    for identity in identities:
        if major := await _major(identity, bindir):
            return Seat(identity, bindir, major)
    if "nobody" in identities:
        copy = await asyncio.to_thread(_copy, bindir, home / "programs")
        Seat("nobody", copy, 0).own(home)
        if major := await _major("nobody", copy):
            return Seat("nobody", copy, major)
    raise ConfigError(
        f"PostgreSQL in {bindir} cannot be run by this user: run khaossync as an ordinary user, "
        "keep its data_dir where that user may enter, or set a DSN ([database] dsn)"
    )


def _command(identity: str, program: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-I", "-S", launch.__file__, identity, str(os.getpid()), str(program), *arguments]


async def _major(identity: str, bindir: Path) -> int | None:
    process = await asyncio.create_subprocess_exec(
        *_command(identity, bindir / "postgres", "--version"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    output, _ = await process.communicate()
    found = re.search(rb"PostgreSQL\) (\d+)", output)
    return int(found[1]) if process.returncode == 0 and found else None


def _copy(bindir: Path, target: Path) -> Path:
    """Copy an install together with the libraries that its rpath names as the package's neighbour."""
    install = bindir.parent
    package = install.parent
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(install, target / package.name / install.name, symlinks=True, dirs_exist_ok=True)
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True, dirs_exist_ok=True)
    return target / package.name / install.name / bindir.name
