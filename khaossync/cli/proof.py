"""What a simulated day proved: each law with how often it was checked, and every breach of it."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:  # rich is an optional extra
    from rich.console import RenderableType

_BREACHES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ProofRow:
    """One law: in how many places it was looked for, how often it held, and each breach as `bad` describes it."""

    law: str
    checked: int
    good: int
    bad: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        """A law that was never put to the test proves nothing."""
        return self.checked > 0 and self.good == self.checked and not self.bad


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
    width = max([len(row.law) for row in rows] + [3])
    lines = [f"  {'law':<{width}}  {'checked':>8}  {'good':>8}  {'bad':>5}"]
    for row in rows:
        mark = " " if row.holds else "!"
        lines.append(f"{mark} {row.law:<{width}}  {row.checked:>8,}  {row.good:>8,}  {_missed(row):>5,}")
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
    for name, width in (("checked", 7), ("good", 7), ("bad", 4)):
        table.add_column(name, justify="right", width=width)
    for row in rows:
        mark = Text("✓", "green") if row.holds else Text("✗", "red")
        law = Text(row.law).append("".join(f"\n{breach}" for breach in _breaches(row)), "red")
        bad = Text(f"{_missed(row):,}", "dim" if row.holds else "bold red")
        table.add_row(mark, law, Text(f"{row.checked:,}"), Text(f"{row.good:,}"), bad)
    return Group(table, Text(_verdict(rows), "bold green" if proven(rows) else "bold red"))


def _coloured(rows: Sequence[ProofRow], out: TextIO) -> bool:
    try:
        from rich.console import Console
    except ImportError:
        return False
    Console(file=out).print(proof_table(rows))
    return True


def _missed(row: ProofRow) -> int:
    return max(row.checked - row.good, len(row.bad))


def _breaches(row: ProofRow) -> list[str]:
    if row.checked == 0:
        return ["never put to the test"]
    hidden = len(row.bad) - _BREACHES_SHOWN
    return [*row.bad[:_BREACHES_SHOWN], *([f"and {hidden} more"] if hidden > 0 else [])]


def _verdict(rows: Sequence[ProofRow]) -> str:
    broken = sum(not row.holds for row in rows)
    if proven(rows):
        return f"PASS  all {len(rows)} laws hold over {sum(row.checked for row in rows):,} checks"
    return f"FAIL  {broken} of {len(rows)} laws broken" if rows else "FAIL  no law was put to the test"
