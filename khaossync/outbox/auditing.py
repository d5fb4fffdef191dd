"""Auditing: whether the trail is still what was sealed, entry by entry, in pieces and outside of the database."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import asyncpg

from khaossync.domain.errors import ConfigError
from khaossync.outbox.database import Connection, Database
from khaossync.outbox.history import TRAIL
from khaossync.outbox.marks import ENTRY_COLUMNS, Mark, chained, mark_of, unpacked
from khaossync.outbox.sealing import newest

SEALS_AT_ONCE = 200
ENTRIES_AT_ONCE = 5000

_BELOW = -(2**63)
"""Below every id, also those that nobody but a forger gives."""

SEALS = """
select number, first_id, last_id, newest_at, marks, previous, digest from khaossync.seals
where number >= $1 order by number limit $2"""

# One more than should be there, so that what was put in between is seen.
ENTRIES = f"""
select {ENTRY_COLUMNS} from khaossync.history where id > $1 and id <= $2 order by id limit $3"""  # noqa: S608  static

UNSEALED = "select count(*) from khaossync.history where id > $1"
UNSEALED_SINCE = "select at from khaossync.history where id > $1 order by id limit 1"
PRUNED = """
select key from khaossync.history where id > $1 and kind = 'trail' and event = 'pruned' order by id desc limit 1"""
OLDEST = "select number, previous from khaossync.seals order by number limit 1"


@dataclass(frozen=True, slots=True)
class Break:
    """The first place at which the trail is not what was sealed. `entry_id` and `at` where it is about an entry."""

    seal: int
    what: str
    entry_id: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What was verified, up to `anchor`; `broken` is None when all of it is as it was sealed.

    `forgotten` entries lost their reason, which the seal does not mind. Of `pruned` seals the last is vouched for by an
    entry of the trail. `unsealed` entries are newer than the newest seal, the oldest since `unsealed_since`.
    """

    entries: int
    seals: int
    forgotten: int
    pruned: int
    anchor: str
    unsealed: int
    unsealed_since: datetime | None
    broken: Break | None


@dataclass(slots=True)
class _Chain:
    """Where the verification stands."""

    number: int
    last_id: int
    digest: bytes | None
    entries: int = 0
    seals: int = 0
    forgotten: int = 0
    pruned: str = ""
    broken: Break | None = None


async def anchor(database: Database) -> str:
    """The newest seal, as `number:digest`: kept elsewhere, it proves everything up to it."""
    async with database.connection() as connection:
        return str(await newest(connection))


async def verify(database: Database, progress: Callable[[int], None], *, first: int = 0, kept: str = "") -> Verified:
    """Hold the trail against its seals, from seal number `first` on, until the first break.

    `kept` is an anchor from elsewhere that must be among them. `progress` is told how many entries were verified.
    Everything is seen as of one moment; the daemon may go on.
    """
    expected = _expected(kept)
    async with database.connection() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        chain = await _begin(connection, first)
        start = replace(chain)
        while chain.broken is None and await _go_on(connection, chain, expected):
            progress(chain.entries)
        unsealed = int(await connection.fetchval(UNSEALED, chain.last_id))
        since = await connection.fetchval(UNSEALED_SINCE, chain.last_id)
        pruned = await connection.fetchval(PRUNED, chain.last_id) or chain.pruned
    if chain.broken is None:
        chain.broken = _unmet(expected, start.number) or _short(chain, first) or _beginning(start, pruned)
    told = f"{chain.number}:{chain.digest.hex() if chain.digest else ''}"
    return Verified(chain.entries, chain.seals, chain.forgotten, start.number, told, unsealed, since, chain.broken)


async def _begin(connection: Connection, first: int) -> _Chain:
    """Before the first seal to verify, or the oldest: what that one follows only the trail itself can vouch for."""
    if first > 1 and (row := await connection.fetchrow(SEALS, first - 1, 1)) and row["number"] == first - 1:
        return _Chain(row["number"], row["last_id"], row["digest"])
    row = await connection.fetchrow(OLDEST)
    return _Chain(row["number"] - 1, _BELOW, row["previous"]) if row else _Chain(0, _BELOW, None)


async def _go_on(connection: Connection, chain: _Chain, expected: dict[int, bytes]) -> bool:
    """Verify some seals; False when there are no more."""
    seals = await connection.fetch(SEALS, chain.number + 1, SEALS_AT_ONCE)
    for group in _groups(seals):
        if chain.broken is None:
            await _verify_group(connection, chain, group, expected)
    return bool(seals)


def _groups(seals: Sequence[asyncpg.Record]) -> Iterator[Sequence[asyncpg.Record]]:
    group: list[asyncpg.Record] = []
    size = 0
    for seal in seals:
        group.append(seal)
        size += len(seal["marks"])
        if size >= ENTRIES_AT_ONCE * 24:
            yield group
            group, size = [], 0
    if group:
        yield group


async def _verify_group(
    connection: Connection, chain: _Chain, seals: Sequence[asyncpg.Record], expected: dict[int, bytes]
) -> None:
    most = sum(len(seal["marks"]) for seal in seals) // 24 + 1
    rows = list(await connection.fetch(ENTRIES, chain.last_id, seals[-1]["last_id"], most))
    place = 0
    for seal in seals:
        end = place
        while end < len(rows) and rows[end]["id"] <= seal["last_id"]:
            end += 1
        chain.broken = _link(chain, seal, expected) or _contents(chain, seal, rows[place:end])
        if chain.broken:
            return
        chain.number, chain.last_id, chain.digest = seal["number"], seal["last_id"], seal["digest"]
        chain.entries += end - place
        chain.seals += 1
        place = end


def _link(chain: _Chain, seal: asyncpg.Record, expected: dict[int, bytes]) -> Break | None:
    """Whether a seal follows the one before, and is itself whole."""
    number = seal["number"]
    if number != chain.number + 1:
        return Break(chain.number + 1, f"is gone; the next one is seal {number}")
    if seal["previous"] != chain.digest:
        return Break(number, f"does not follow seal {number - 1}: one of the two was replaced")
    if chained(number, seal["previous"], seal["newest_at"], seal["marks"]) != seal["digest"]:
        return Break(number, "was edited: its digest is of something else")
    if expected.pop(number, seal["digest"]) != seal["digest"]:
        return Break(number, "is not the one that the anchor tells of: the trail was written anew up to it")
    return None


def _contents(chain: _Chain, seal: asyncpg.Record, rows: Sequence[asyncpg.Record]) -> Break | None:
    """Whether a seal's entries are those that it was made over."""
    try:
        sealed = list(unpacked(seal["marks"]))
    except ValueError:
        return Break(seal["number"], "was edited: its marks were cut")
    found = [mark_of(row) for row in rows]
    if found != sealed:
        return _difference(seal["number"], sealed, found, rows)
    for row in rows:
        chain.forgotten += row["words"] is not None
        if row["kind"] == TRAIL and row["event"] == "pruned":
            chain.pruned = row["key"]
    return None


def _difference(number: int, sealed: Sequence[Mark], found: Sequence[Mark], rows: Sequence[asyncpg.Record]) -> Break:
    """The first entry that differs, and how."""
    known, there = {mark.entry_id: mark.digest for mark in sealed}, {mark.entry_id for mark in found}
    moments = {row["id"]: row["at"] for row in rows}
    for entry_id in sorted(known.keys() | there):
        digest = next((mark.digest for mark in found if mark.entry_id == entry_id), None)
        if entry_id not in known:
            return Break(number, "was inserted after the sealing", entry_id, moments[entry_id])
        if digest is None:
            return Break(number, "was removed", entry_id)
        if digest != known[entry_id]:
            moved = digest in known.values()
            what = "was moved here from another place" if moved else "was edited"
            return Break(number, what, entry_id, moments[entry_id])
    return Break(number, "holds its entries in another order")


def _unmet(expected: dict[int, bytes], start: int) -> Break | None:
    for number in expected:
        if number <= start:
            return Break(number, "is older than what is looked at here; keep a newer anchor, or begin earlier")
        return Break(number, "is gone, though the anchor tells of it: the newest part of the trail was removed")
    return None


def _short(chain: _Chain, first: int) -> Break | None:
    if chain.number < first - 1:
        return Break(
            chain.number + 1, f"is gone, though seal {first - 1} was there before: the newest part was removed"
        )
    return None


def _beginning(start: _Chain, pruned: str) -> Break | None:
    """Whether what is not there any more was pruned by age, as the trail says; a seal that is there was verified."""
    vouched = f"{start.number}:{start.digest.hex() if start.digest else ''}"
    if start.number and start.last_id == _BELOW and pruned != vouched:
        return Break(
            start.number, "and what is before it is gone, and no entry of the trail says that it was pruned by age"
        )
    return None


def _expected(kept: str) -> dict[int, bytes]:
    number, _, digest = kept.strip().partition(":")
    try:
        return {int(number): bytes.fromhex(digest)} if kept else {}
    except ValueError:
        raise ConfigError(
            f"{kept!r} is no anchor; one looks like 812:9f86d0…, as `khaossync audit anchor` prints it"
        ) from None
