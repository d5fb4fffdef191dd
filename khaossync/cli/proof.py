"""What a simulated day proved: each law with how often it was checked, and every breach of it."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:  # rich is an optional extra
    from rich.console import RenderableType

_BREACHES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ProofRow:
    """One law: in how many places it was looked for, how often it held, and each breach as `bad` describes it.

    `shares` tells how many of the places were in which shop; it is empty where a law is of no shop.
    """

    law: str
    checked: int
    good: int
    bad: Sequence[str] = ()
    shares: Mapping[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """A law that was never put to the test, or in some shop never, proves nothing."""
        return self.checked > 0 and self.good == self.checked and not self.bad and all(self.shares.values())


def show_proof(rows: Sequence[ProofRow], stream: TextIO | None = None) -> bool:
    """Print the table, in colour on a terminal, and tell whether every law holds."""
    out = stream or sys.stdout
    if not (out.isatty() and _coloured(rows, out)):
        print(proof_text(rows), file=out, flush=True)
    return proven(rows)


def proven(rows: Sequence[ProofRow]) -> bool:
    """Whether there are laws and all of them hold."""
    return bool(rows) and all(row.holds for row in rows)


def proof_text(rows: Sequence[ProofRow]) -> str:
    """The table as plain text, with PASS or FAIL in its last line."""
    width, shops = max([len(row.law) for row in rows] + [3]), _shops(rows)
    wide = [max(len(name), 6) for name in (*shops, "all")]
    lines = [f"  {'law':<{width}}  {_aligned([*shops, 'all'], wide)}  {'bad':>4}"]
    for row in rows:
        mark = " " if row.holds else "!"
        lines.append(f"{mark} {row.law:<{width}}  {_aligned(_figures(row, shops), wide)}  {_missed(row):>4,}")
        lines += [f"    - {breach}" for breach in _breaches(row)]
    return "\n".join([*lines, "", _verdict(rows)])


def proof_table(rows: Sequence[ProofRow]) -> "RenderableType":
    """The table for a terminal of 80 columns. Needs rich (the extra `sandbox`)."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, width=78, border_style="dim", header_style="dim", pad_edge=False)
    table.add_column("", width=1)
    table.add_column("law", ratio=1)
    shops = _shops(rows)
    for name in (*shops, "all", "bad"):
        table.add_column(name, justify="right", width=max(len(name), 4))
    for row in rows:
        mark = Text("✓", "green") if row.holds else Text("✗", "red")
        law = Text(row.law).append("".join(f"\n{breach}" for breach in _breaches(row)), "red")
        bad = Text(f"{_missed(row):,}", "dim" if row.holds else "bold red")
        table.add_row(mark, law, *map(Text, _figures(row, shops)), bad)
    return Group(table, Text(_verdict(rows), "bold green" if proven(rows) else "bold red"))


def _coloured(rows: Sequence[ProofRow], out: TextIO) -> bool:
    try:
        from rich.console import Console
    except ImportError:
        return False
    Console(file=out).print(proof_table(rows))
    return True


def _shops(rows: Sequence[ProofRow]) -> list[str]:
    """The shops that have a part in any law, in their order."""
    return list(dict.fromkeys(shop for row in rows for shop in row.shares))


def _figures(row: ProofRow, shops: Sequence[str]) -> list[str]:
    """In how many places of each shop a law was looked for, and in all."""
    return [*(f"{row.shares[shop]:,}" if shop in row.shares else "" for shop in shops), f"{row.checked:,}"]


def _aligned(cells: Sequence[str], wide: Sequence[int]) -> str:
    return " ".join(f"{cell:>{width}}" for cell, width in zip(cells, wide, strict=True))


def _missed(row: ProofRow) -> int:
    return max(row.checked - row.good, len(row.bad))


def _breaches(row: ProofRow) -> list[str]:
    untested = [f"{shop}: never put to the test" for shop, checked in row.shares.items() if not checked]
    if row.checked == 0 or untested:
        return [*untested, *row.bad[:_BREACHES_SHOWN]] or ["never put to the test"]
    hidden = len(row.bad) - _BREACHES_SHOWN
    return [*row.bad[:_BREACHES_SHOWN], *([f"and {hidden} more"] if hidden > 0 else [])]


def _verdict(rows: Sequence[ProofRow]) -> str:
    broken = sum(not row.holds for row in rows)
    if proven(rows):
        return f"PASS  all {len(rows)} laws hold over {sum(row.checked for row in rows):,} checks"
    return f"FAIL  {broken} of {len(rows)} laws broken" if rows else "FAIL  no law was put to the test"
