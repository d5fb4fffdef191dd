"""The page that tables of figures are written into, each in its own place."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]], measured: str) -> str:
    """A table as Markdown, with how and on what it was measured."""
    lines = [columns, ["---"] * len(columns), *rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{table}\n\n{measured}; Python {platform.python_version()}, {os.cpu_count()} processors."


def write(page: Path, name: str, section: str) -> None:
    """Put a table into a page, in place of the one from last time. Raises ValueError where none was."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = page.read_text().partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"{page} has no place for the table: {begin} … {end}")
    page.write_text(f"{before}{begin}\n{section}\n{end}{after}")
