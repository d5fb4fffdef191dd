"""What a person watches: tidy at 80 columns on a terminal, plain lines elsewhere, and honest about what was proved."""

import io
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console, RenderableType

from khaossync.cli.picture import Picture, Snapshot, line, render
from khaossync.cli.proof import ProofRow, proof_table, proof_text, proven, show_proof

MORNING = Snapshot(
    orders_in=31, orders_posted=30, orders_held=1, stock_pushed=455, despatches_told=22, refunds_mirrored=2,
    oldest_seconds=12.3, health_url="http://127.0.0.1:8080/healthz", metrics_url="http://127.0.0.1:8080/metrics",
    clock_text="09:12", progress=0.02, memory_mb=143.2,
)  # fmt: skip
EVENING = replace(
    MORNING, orders_in=12_345, orders_posted=12_300, orders_held=45, stock_pushed=182_000, despatches_told=8_800,
    refunds_mirrored=400, health="fail", clock_text="17:00", progress=1.0, oldest_seconds=720,
    told=17, resolved=9, heartbeats=2_400,
    cases_open={"unmapped_sku": 3, "total_mismatch": 2, "expired": 0, "credit_note_to_key": 9, "no_route": 1, "x_y": 1},
    notes=("[bold]the shop throttles[/] for two minutes", "a note " * 30),
)  # fmt: skip
GOOD = ProofRow("Every eligible order is in the ERP exactly once", 1204, 1204)
BROKEN = ProofRow("Every despatch was told once", 907, 905, ("A told twice", "B never told"))


class HandClock:
    elapsed = 50.0

    def now(self) -> datetime:
        return datetime(2026, 11, 20, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.elapsed


def drawn(thing: RenderableType) -> list[str]:
    console = Console(file=io.StringIO(), width=80, record=True)
    console.print(thing)
    return [row.rstrip() for row in console.export_text().splitlines()]


class Terminal(io.StringIO):
    """Remembers what was shown."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


@pytest.mark.parametrize("snapshot", [MORNING, EVENING], ids=["morning", "evening"])
def test_the_panel_is_a_rectangle_that_fits_80_columns_and_24_rows(snapshot: Snapshot) -> None:
    rows = drawn(render(snapshot))
    assert len(rows) <= 24
    assert {len(row) for row in rows} == {78}
    assert all(row[0] in "╭│╰" and row[-1] in "╮│╯" for row in rows)


def test_the_panel_shows_every_figure() -> None:
    text = " ".join(" ".join(drawn(render(EVENING))).replace("│", " ").split())
    for part in (
        *("12,345 in", "12,300 posted", "45 held", "182,000 pushed", "8,800 told", "400 mirrored", "17:00", "100%"),
        *("2,400 beats", "17 told", "9 over"),
        *("9 credit note to key · 3 unmapped sku · 2 total mismatch · 1 no route · 1 more", "12 min in the queue"),
        *("143 MB", "http://127.0.0.1:8080/healthz", "http://127.0.0.1:8080/metrics", "● fail"),
        "[bold]the shop throttles[/] for two minutes",
    ):
        assert part in text
    assert "none open" in " ".join(drawn(render(MORNING)))


def test_the_lines_stand_under_each_other() -> None:
    one, two = line(MORNING), line(replace(MORNING, orders_in=9_999, stock_pushed=99_999, health="warn"))
    assert [at for at, char in enumerate(one) if char.isalpha()][4:] == [
        at for at, char in enumerate(two) if char.isalpha()
    ][4:]
    assert "orders   31 in   30 posted   1 held" in one


def test_off_a_terminal_there_is_a_line_now_and_then_and_the_last_one_always() -> None:
    out, clock = io.StringIO(), HandClock()
    with Picture(out, clock) as picture:
        for elapsed, orders in ((50.0, 1), (52.0, 2), (54.9, 3), (55.0, 4), (56.0, 5)):
            clock.elapsed = elapsed
            picture.show(replace(MORNING, orders_in=orders))
    assert [int(row.split(" in ")[0].split()[-1]) for row in out.getvalue().splitlines()] == [1, 4, 5]
    assert "\x1b" not in out.getvalue()


def test_on_a_terminal_the_panel_is_drawn_and_stays(terminal: Terminal) -> None:
    with Picture(terminal, HandClock()) as picture:
        picture.show(MORNING)
        picture.show(replace(MORNING, orders_in=32))
    shown = terminal.getvalue()
    assert "╭─" in shown
    assert "455" in shown
    assert shown.rstrip().rpartition("╰")[2].count("\x1b[1A") == 0  # the last drawing is not wiped away


def test_without_rich_a_terminal_gets_plain_text(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with Picture(terminal, HandClock()) as picture:
        picture.show(MORNING)
    assert show_proof([GOOD], terminal)
    assert terminal.getvalue() == f"{line(MORNING)}\n{proof_text([GOOD])}\n"


def test_a_proof_passes_when_every_law_holds() -> None:
    text = proof_text([GOOD, replace(GOOD, law="short")])
    assert text.splitlines()[-1] == "PASS  all 2 laws hold over 2,408 checks"
    assert len({len(row) for row in text.splitlines()[:3]}) == 1
    assert proven([GOOD])


@pytest.mark.parametrize(
    ("rows", "verdict", "detail"),
    [
        ([GOOD, BROKEN], "FAIL  1 of 2 laws broken", "B never told"),
        ([ProofRow("x", 0, 0)], "FAIL  1 of 1 laws broken", "never put to the test"),
        ([ProofRow("x", 5, 4)], "FAIL  1 of 1 laws broken", "x"),
        ([ProofRow("x", 9, 0, tuple("abcdefghi"))], "FAIL  1 of 1 laws broken", "and 4 more"),
        ([], "FAIL  no law was put to the test", ""),
    ],
    ids=["broken", "never tested", "unexplained", "many", "none"],
)
def test_a_proof_fails_when_any_law_is_broken_or_untested(rows: list[ProofRow], verdict: str, detail: str) -> None:
    out = io.StringIO()
    assert show_proof(rows, out) is False
    assert out.getvalue().splitlines()[-1] == verdict
    assert detail in out.getvalue()
    drawing = drawn(proof_table(rows))
    assert drawing[-1] == verdict
    assert detail in "\n".join(drawing)
    assert max(map(len, drawing)) <= 80


SHARED = ProofRow("every business order is on its own account", 124, 124, (), {"shop": 66, "magento": 28, "ware": 30})


def test_a_proof_tells_the_part_of_every_shop_within_80_columns() -> None:
    rows = [SHARED, ProofRow("every flow sent its heartbeat", 4, 4)]
    text = proof_text(rows)
    assert text.splitlines()[0].split() == ["law", "shop", "magento", "ware", "all", "bad"]
    assert text.splitlines()[1].split()[-5:] == ["66", "28", "30", "124", "0"]
    assert max(map(len, text.splitlines())) <= 80
    assert max(map(len, drawn(proof_table(rows)))) <= 80
    assert "magento" in "\n".join(drawn(proof_table(rows)))


def test_a_law_that_one_shop_never_put_to_the_test_proves_nothing() -> None:
    untested = replace(SHARED, shares={"shop": 94, "magento": 0, "ware": 30})
    assert proven([SHARED])
    assert not proven([untested])
    assert "magento: never put to the test" in proof_text([untested])


def test_a_proof_on_a_terminal_is_coloured(terminal: Terminal) -> None:
    assert show_proof([GOOD], terminal)
    assert "\x1b[" in terminal.getvalue()
    assert "PASS  all 1 laws hold" in terminal.getvalue()
