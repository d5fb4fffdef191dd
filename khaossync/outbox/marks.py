"""Marks and digests: what a seal holds of each entry of the trail, and how seals hang together."""

import hashlib
import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import asyncpg

GENESIS = bytes(32)
"""What the first seal of all follows."""

ENTRY_COLUMNS = "id, at, message_id, case_id, destination, kind, key, event, who, why, salt, words"

_MARK = struct.Struct(">q16s")
_HEAD = struct.Struct(">qd")


@dataclass(frozen=True, slots=True)
class Mark:
    """An entry as a seal holds it: its id, and the digest of everything else."""

    entry_id: int
    digest: bytes


def mark_of(row: asyncpg.Record) -> Mark:
    """The mark of an entry; the same before and after its reason is forgotten."""
    salt = row["salt"].bytes if row["salt"] else b""
    reason = hashlib.sha256(salt + row["why"].encode()).digest() if row["words"] is None else row["words"]
    told = [row["at"].isoformat(), row["message_id"], row["case_id"]]
    told += [row[name] for name in ("destination", "kind", "key", "event", "who")]
    text = json.dumps([*told, reason.hex()], ensure_ascii=False, separators=(",", ":"))
    return Mark(row["id"], hashlib.sha256(text.encode()).digest()[:16])


def packed(marks: Iterable[Mark]) -> bytes:
    """Marks as a seal keeps them."""
    return b"".join(_MARK.pack(mark.entry_id, mark.digest) for mark in marks)


def unpacked(marks: bytes) -> Iterator[Mark]:
    """The marks that a seal keeps; raises ValueError when they were cut."""
    if len(marks) % _MARK.size:
        raise ValueError("marks of another length")
    return (Mark(*parts) for parts in _MARK.iter_unpack(marks))


def chained(number: int, previous: bytes, newest_at: datetime, marks: bytes) -> bytes:
    """The digest of a seal: over its place, its predecessor's digest, its newest moment and its marks."""
    return hashlib.sha256(_HEAD.pack(number, newest_at.timestamp()) + previous + marks).digest()
