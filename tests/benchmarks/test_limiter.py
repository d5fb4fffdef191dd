"""The benchmark of the limiter still runs against the code as it is; what it measures is nobody's to assert."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_each_way_runs_and_the_table_finds_its_place(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- limiter: begin -->\n| yesterday |\n<!-- limiter: end -->\nafter\n")
    command = (sys.executable, "-m", "benchmarks.limiter", "--seconds", "1", "--write", str(page))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    told = page.read_text()
    assert told.startswith("before\n<!-- limiter: begin -->\n| way |")
    assert told.endswith("<!-- limiter: end -->\nafter\n")
    assert all(name in told for name in ("| khaossync |", "| plain aiolimiter |", "| retry when refused |"))
    assert "yesterday" not in told
