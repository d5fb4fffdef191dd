"""`khaossync erase` scrubs nobody by mistake."""

import io

import pytest

from khaossync.cli import erase, main
from khaossync.outbox import Erased


@pytest.mark.parametrize("person", ["", "  "])
def test_somebody_must_be_named(person: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["erase", "--customer", person]) == 78
    assert "say who with --customer" in capsys.readouterr().err


def test_the_name_may_come_from_the_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """There it stays out of the list of processes and the shell's history."""
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert main(["erase", "--customer", "-"]) == 78
    assert "say who" in capsys.readouterr().err


@pytest.mark.parametrize(("answer", "agreed"), [("yes", True), (" YES ", True), ("y", False), ("", False)])
def test_only_a_plain_yes_agrees(monkeypatch: pytest.MonkeyPatch, answer: str, agreed: bool) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert erase._agreed(3) is agreed


def test_where_nobody_can_be_asked_nothing_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert erase._agreed(3) is False
    assert "add --yes" in capsys.readouterr().err


def test_the_table_tells_of_each_order_what_is_scrubbed_or_what_hinders_it() -> None:
    rows = [
        Erased("shop:1", "#1001", {"documents": 2, "raw texts": 3}),
        Erased("shop:2", "#1002", hindrances=("message 7 (order for khaos) is parked", "case 3 (expired) is open")),
        Erased("shop:3", ""),
    ]
    text = " ".join(erase._told(rows).split())
    assert "shop:1 #1001 2 documents, 3 raw texts" in text
    assert "hindered: message 7 (order for khaos) is parked; case 3 (expired) is open" in text
    assert "nothing is left to scrub" in text


def test_an_order_that_began_to_move_meanwhile_is_told_and_exits_with_a_finding(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done = [Erased("shop:1", "", {"documents": 1}), Erased("shop:2", "", hindrances=("message 7 is on its way",))]
    assert erase._after(done) == 1
    said = capsys.readouterr().out
    assert "scrubbed 1 orders" in said
    assert "run it again" in said
