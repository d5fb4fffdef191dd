"""Plain text tables that fit a terminal."""

import shutil
import sys
import textwrap
from collections.abc import Sequence
from datetime import timedelta

_GAP = "  "
_NARROWEST = 16


def table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """Rows under a heading, columns as wide as they need; on a terminal long cells are folded, so that all fits."""
    room = width or (shutil.get_terminal_size((110, 24)).columns if sys.stdout.isatty() else sys.maxsize)
    cells = [head, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    while sum(widths) + len(_GAP) * (len(head) - 1) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    lines = [_row(row, widths) for row in cells]
    lines.insert(1, _GAP.join("-" * wide for wide in widths))
    return "\n".join(lines)


def _row(row: Sequence[str], widths: Sequence[int]) -> str:
    folded = [textwrap.wrap(cell, wide) or [""] for cell, wide in zip(row, widths, strict=True)]
    deep = max(len(cell) for cell in folded)
    full = [cell + [""] * (deep - len(cell)) for cell in folded]
    return "\n".join(
        _GAP.join(cell[i].ljust(wide) for cell, wide in zip(full, widths, strict=True)).rstrip() for i in range(deep)
    )


def age(length: timedelta) -> str:
    """A duration in its largest unit that says enough: `42 s`, `17 min`, `5 h`, `3 d`."""
    seconds = max(0, int(length.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
