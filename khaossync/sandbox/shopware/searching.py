"""Finds what a search asks for: filtered, sorted, one page of it."""

from collections.abc import Iterable
from typing import Any

from khaossync.sandbox.shopware.criteria import EXACT, NEXT_PAGES, Criteria
from khaossync.sandbox.shopware.errors import refusal
from khaossync.sandbox.shopware.paths import Path
from khaossync.sandbox.shopware.state import Setup
from khaossync.sandbox.shopware.store import Row, Rows


def permit(setup: Setup, criteria: Criteria) -> None:
    """Refuse a search of what the integration's role may not read."""
    missing = sorted(f"{name}:read" for name in _entities(criteria) if f"{name}:read" not in setup.privileges)
    if missing:
        told = {"message": "Missing privilege", "missingPrivileges": missing}
        raise refusal(403, "FRAMEWORK__MISSING_PRIVILEGE_ERROR", str(told).replace("'", '"'))


def _entities(criteria: Criteria) -> Iterable[str]:
    yield criteria.entity.name
    for _, nested in criteria.associations.values():
        yield from _entities(nested)


def search(rows: Rows, criteria: Criteria) -> tuple[list[Row], list[Row], int]:
    """All rows that fit (without the post filters), the page of them, and the total that is told."""
    fitting = [row for row in _candidates(rows, criteria) if all(test(rows, row) for test in criteria.filters)]
    shown = [row for row in fitting if all(test(rows, row) for test in criteria.post_filters)]
    found = arrange(rows, criteria, shown)
    size = criteria.limit or len(found)
    offset = (criteria.page - 1) * size
    page = found[offset : offset + size]
    if criteria.total == EXACT:
        return fitting, page, len(found)
    if criteria.total == NEXT_PAGES:
        # Some pages ahead are counted, from where this page begins.
        return fitting, page, min(len(found) - offset, size * 6 + 1) if page else 0
    return fitting, page, len(page)


def _candidates(rows: Rows, criteria: Criteria) -> Iterable[Row]:
    if not criteria.ids:
        return rows.rows(criteria.entity.name)
    found = (rows.get(criteria.entity.name, key) for key in dict.fromkeys(criteria.ids))
    return [row for row in found if row is not None]


def narrowed(rows: Rows, criteria: Criteria, found: Iterable[Row]) -> list[Row]:
    """The rows of an association, as its own criteria ask for them."""
    fitting = [row for row in found if all(test(rows, row) for test in criteria.filters)]
    arranged = arrange(rows, criteria, fitting)
    size = criteria.limit or len(arranged)
    return arranged[(criteria.page - 1) * size :][:size]


def arrange(rows: Rows, criteria: Criteria, found: Iterable[Row]) -> list[Row]:
    """Sorted as asked for; what is left open is in no order that anybody could rely on, but always in the same."""
    arranged = sorted(found, key=lambda row: row["id"][::-1])
    for path, descending in reversed(criteria.sort):
        arranged.sort(key=lambda row, path=path: _rank(rows, row, path), reverse=descending)  # type: ignore[misc]
    return arranged


def _rank(rows: Rows, row: Row, path: Path) -> tuple[bool, Any]:
    """Nothing comes before everything, and case does not count, as in the database."""
    values = [each for each in path.values(rows, row) if each is not None]
    if not values:
        return False, ""
    least = min(values)
    return True, least.casefold() if isinstance(least, str) else least
