"""Rows by entity and id, with an index over what points where, and drafts that leave the live rows alone."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Protocol

from khaossync.sandbox.shopware.ids import LIVE
from khaossync.sandbox.shopware.moments import written

Row = dict[str, Any]


class Rows(Protocol):
    """What can be done with rows, live or in a draft."""

    version: str

    def rows(self, entity: str) -> Iterable[Row]:
        """Every row of an entity."""

    def get(self, entity: str, key: str | None) -> Row | None:
        """One row, or None."""

    def children(self, entity: str, field: str, key: str) -> list[Row]:
        """The rows whose `field` points to `key`."""

    def add(self, entity: str, row: Row) -> Row:
        """Keep a new row: created now, never updated. Returns the row that is kept."""

    def change(self, entity: str, key: str, **fields: Any) -> None:
        """Write fields of a row; that moves the row's own `updatedAt` and nobody else's."""

    def remove(self, entity: str, key: str) -> None:
        """Delete a row for good."""


class Store:
    """The live rows of a shop."""

    version = LIVE

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._tables: dict[str, dict[str, Row]] = {}
        self._pointing: dict[tuple[str, str, str], dict[str, Row]] = {}

    def rows(self, entity: str) -> Iterable[Row]:
        return self._tables.get(entity, {}).values()

    def get(self, entity: str, key: str | None) -> Row | None:
        return self._tables.get(entity, {}).get(key) if key else None

    def count(self, entity: str) -> int:
        """How many rows of an entity there are."""
        return len(self._tables.get(entity, {}))

    def children(self, entity: str, field: str, key: str) -> list[Row]:
        return list(self._pointing.get((entity, field, key), {}).values())

    def add(self, entity: str, row: Row) -> Row:
        row = {"createdAt": written(self._now()), "updatedAt": None, **row}
        self._tables.setdefault(entity, {})[row["id"]] = row
        self._point(entity, row)
        return row

    def change(self, entity: str, key: str, **fields: Any) -> None:
        row = self._tables[entity][key]
        # Only what pointed elsewhere before has to be found elsewhere now.
        moved = {field: row.get(field) for field in fields if field.endswith("Id")}
        self._unpoint(entity, {**moved, "id": key})
        row.update({"updatedAt": written(self._now()), **fields})
        for field, target in _pointers({name: row[name] for name in moved}):
            self._pointing.setdefault((entity, field, target), {})[key] = row

    def remove(self, entity: str, key: str) -> None:
        self._unpoint(entity, self._tables[entity].pop(key))

    def _point(self, entity: str, row: Row) -> None:
        for field, key in _pointers(row):
            self._pointing.setdefault((entity, field, key), {})[row["id"]] = row

    def _unpoint(self, entity: str, row: Row) -> None:
        for field, key in _pointers(row):
            del self._pointing[(entity, field, key)][row["id"]]


def _pointers(row: Row) -> Iterator[tuple[str, str]]:
    for field, told in row.items():
        if field.endswith("Id") and isinstance(told, str):
            yield field, told


class Draft:
    """Some rows copied under a version of their own; everything else is read from the live ones."""

    def __init__(
        self, version: str, live: Store, copied: dict[str, dict[str, Row]], now: Callable[[], datetime]
    ) -> None:
        self.version = version
        self._live = live
        self._now = now
        self._before = copied
        self._tables = {
            entity: {key: {**row, "versionId": version} for key, row in table.items()}
            for entity, table in copied.items()
        }

    def rows(self, entity: str) -> Iterable[Row]:
        covered = self._before.get(entity, {})
        yield from (row for row in self._live.rows(entity) if row["id"] not in covered)
        yield from self._tables.get(entity, {}).values()

    def get(self, entity: str, key: str | None) -> Row | None:
        if key in self._before.get(entity, {}) or key in self._tables.get(entity, {}):
            return self._tables[entity].get(key)
        return self._live.get(entity, key)

    def children(self, entity: str, field: str, key: str) -> list[Row]:
        covered = self._before.get(entity, {})
        live = [row for row in self._live.children(entity, field, key) if row["id"] not in covered]
        return live + [row for row in self._tables.get(entity, {}).values() if row.get(field) == key]

    def add(self, entity: str, row: Row) -> Row:
        row = {"createdAt": written(self._now()), "updatedAt": None, **row, "versionId": self.version}
        self._tables.setdefault(entity, {})[row["id"]] = row
        return row

    def change(self, entity: str, key: str, **fields: Any) -> None:
        self._tables[entity][key].update({"updatedAt": written(self._now()), **fields})

    def remove(self, entity: str, key: str) -> None:
        del self._tables[entity][key]

    def merge(self) -> None:
        """Write what was changed here, and only that, into the live rows."""
        for entity, table in self._tables.items():
            before = self._before.get(entity, {})
            for key in before.keys() - table.keys():
                self._live.remove(entity, key)
            for key, row in table.items():
                if key not in before:
                    self._live.add(entity, {**row, "createdAt": written(self._now()), "versionId": LIVE})
                elif changed := _changed(before[key], row):
                    self._live.change(entity, key, **changed)


def _changed(before: Row, after: Row) -> Row:
    apart = {"versionId", "createdAt", "updatedAt"}
    return {field: told for field, told in after.items() if field not in apart and before.get(field) != told}
