"""PostgreSQL in trouble: connections killed, the server away behind its door, no room left on its disk."""

import asyncio
from contextlib import suppress
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

import asyncpg

_KILL = """
select pg_terminate_backend(pid, 2000) from pg_stat_activity
where datname = current_database() and application_name = 'khaossync' and pid <> pg_backend_pid()"""

# Where a disk may become full, all that is written is looked at when it is committed. It is said by a row of its own,
# for whoever changed the tables then would wait for the very transaction that it is to strike.
_SMALL = """
create table public.disk (is_full boolean not null);
insert into public.disk values (false);
create function public.extend() returns trigger language plpgsql as $$
begin
    if (select is_full from public.disk) then
        raise exception 'could not extend file "base/1/1": No space left on device' using errcode = '53100';
    end if;
    return null;
end $$;
do $$
declare name text;
begin
    for name in select tablename from pg_tables where schemaname = 'khaossync' order by 1 loop
        execute format(
            'create constraint trigger extend after insert or update on khaossync.%I '
            'deferrable initially deferred for each row execute function public.extend()', name);
    end loop;
end $$"""
_FULL, _FREE = "update public.disk set is_full = true", "update public.disk set is_full = false"


def at(dsn: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


class Ground:
    """A round's own database, as people with the keys of the server room know it."""

    def __init__(self, dsn: str) -> None:
        self._inside = dsn
        self._door: Door | None = None
        self._small = False

    @property
    def dsn(self) -> str:
        """Where the daemon finds it."""
        return self._door.dsn if self._door else self._inside

    async def as_it_is(self) -> None:
        """Nothing has to be prepared."""

    async def behind_a_door(self) -> None:
        """Let the daemon reach it by a way that can be closed."""
        self._door = Door(self._inside)
        await self._door.open()

    async def on_a_small_disk(self) -> None:
        """Let its disk be one that can become full."""
        await self._execute(_SMALL)
        self._small = True

    async def kill(self) -> None:
        """An administrator ends all its sessions."""
        await self._execute(_KILL)

    async def go(self) -> None:
        """The server is away."""
        if self._door:
            await self._door.close()
        await self.kill()

    async def come_back(self) -> None:
        """The server is there again, its disk has room."""
        if self._door and not self._door.is_open:
            await self._door.open()
        if self._small:
            await self._execute(_FREE)

    async def fill_the_disk(self) -> None:
        """Nothing can be written any more."""
        await self._execute(_FULL)

    async def close(self) -> None:
        if self._door:
            await self._door.close()

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._inside)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


class Door:
    """Passes bytes on to PostgreSQL's socket; closed, it cuts every connection and refuses new ones."""

    def __init__(self, inside: str) -> None:
        self._inside = urlsplit(inside)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def dsn(self) -> str:
        login = self._inside.netloc.rpartition("@")[0]
        netloc = f"{login}@127.0.0.1:{self._port}" if login else f"127.0.0.1:{self._port}"
        left = {key: told for key, told in parse_qs(self._inside.query).items() if key not in ("host", "port")}
        query = "&".join(f"{key}={told[0]}" for key, told in left.items())
        return urlunsplit(self._inside._replace(netloc=netloc, query=query))

    @property
    def is_open(self) -> bool:
        return self._server is not None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self._socket())
        self._writers |= {writer, back}
        try:
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            self._writers -= {writer, back}

    def _socket(self) -> str:
        asked = parse_qs(self._inside.query)
        port = asked.get("port", [str(self._inside.port or 5432)])[0]
        return f"{unquote(asked['host'][0])}/.s.PGSQL.{port}"


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.transport.abort()
