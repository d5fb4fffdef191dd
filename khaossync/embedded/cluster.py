"""The folder that holds the data: created once, held by one daemon at a time, opened by one major version only."""

import asyncio
import fcntl
import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from khaossync.domain.errors import ConfigError
from khaossync.embedded.seat import ENVIRONMENT, Seat

USER = "khaossync"
DATABASE = "postgres"
SOCKET_LINE = 4  # of postmaster.pid, counted from 0
STATUS_LINE = 7
LAST_SERVER_WAIT = 60.0  # seconds: a server whose daemon was killed may still write its last checkpoint


@dataclass(frozen=True, slots=True)
class Cluster:
    """`home` belongs to khaossync: the data, the password and two locks lie in it."""

    home: Path

    @property
    def data(self) -> Path:
        """What PostgreSQL calls the data directory."""
        return self.home / "data"

    @property
    def password_file(self) -> Path:
        """Holds the password of the only user, readable by its owner only."""
        return self.home / "password"

    def lock_daemon(self) -> int:
        """Claim the folder for this daemon; returns the open file that holds the claim. Raises ConfigError."""
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            return _locked(self.home / "daemon.lock")
        except BlockingIOError:
            raise ConfigError(
                f"database.data_dir: another khaossync is running on {self.home}; "
                "stop it, or give this one a data_dir of its own"
            ) from None
        except OSError as error:
            raise ConfigError(
                f"database.data_dir: {self.home} cannot be used ({error.strerror}); "
                "give a folder that this user may write to"
            ) from None

    async def lock_server(self) -> int:
        """Wait for the last server to be gone; the file is inherited by the new one, which so holds the claim."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_SERVER_WAIT):
                while True:
                    with suppress(BlockingIOError):
                        return _locked(self.home / "server.lock")
                    await asyncio.sleep(0.02)
        raise ConfigError(
            f"database.data_dir: a PostgreSQL of an earlier run still uses {self.data} after "
            f"{LAST_SERVER_WAIT:.0f} s; end it (its process id is the first line of postmaster.pid there)"
        )

    async def prepare(self, seat: Seat) -> None:
        """Create the data if there is none; ConfigError when it belongs to another major version."""
        if not self.data.exists():
            await self._create(seat)
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != str(seat.major):
            raise ConfigError(
                f"database.data_dir: {self.data} was written by PostgreSQL {version}, but {seat.bindir} is "
                f"PostgreSQL {seat.major}; set [database] embedded_bindir to the programs of PostgreSQL {version}"
            )
        if not self.password_file.exists():
            raise ConfigError(f"database.data_dir: {self.password_file} is missing; restore it from a backup")

    def password(self) -> str:
        """The password of the only user."""
        return self.password_file.read_text().strip()

    def status(self) -> list[str]:
        """The lines of `postmaster.pid`, which PostgreSQL keeps while it runs; none when there is no such file.

        https://www.postgresql.org/docs/18/storage-file-layout.html
        """
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def is_ready(self, pid: int) -> bool:
        """Whether the server with this process id accepts connections."""
        lines = self.status()
        return len(lines) > STATUS_LINE and lines[0] == str(pid) and lines[STATUS_LINE].strip() == "ready"

    async def _create(self, seat: Seat) -> None:
        # Made beside its final place, so that an initdb that was cut off leaves nothing that looks like data.
        new = self.home / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        self._write_password()
        for path in (self.home, new, self.password_file):
            seat.own(path)
        await _initdb(seat, new, self.password_file)
        new.rename(self.data)

    def _write_password(self) -> None:
        self.password_file.unlink(missing_ok=True)
        file = os.open(self.password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w") as stream:
            stream.write(f"{secrets.token_urlsafe(32)}\n")


def _locked(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise
    return file


async def _initdb(seat: Seat, folder: Path, password_file: Path) -> None:
    options = ["-A", "scram-sha-256", "--pwfile", str(password_file), "-E", "UTF8", "--no-locale", "-k"]
    process = await asyncio.create_subprocess_exec(
        *seat.command("initdb", "-D", str(folder), "-U", USER, *options),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=ENVIRONMENT,
    )
    _, errors = await process.communicate()
    if process.returncode != 0:
        raise ConfigError(
            f"database.data_dir: PostgreSQL's initdb failed in {folder}: {errors.decode(errors='replace').strip()}"
        )
