"""The house keeps its rules: imports go only down, failures are not swallowed, and files stay small.

The contracts themselves are in `pyproject.toml`; a scratch house with the same rooms proves that each of them bites.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "khaossync"
LINTER = Path(sys.executable).with_name("lint-imports")
LONGEST_FILE = 350
BROAD = {"Exception", "BaseException"}

SCRATCH = {
    "__init__.py": "",
    "app.py": "import asyncpg\nfrom khaossync.channels import one\n",
    "channels/__init__.py": "",
    "channels/one/__init__.py": "from khaossync.transport import http\n",
    "channels/two/__init__.py": "",
    "cli/__init__.py": "from khaossync import app, sandbox\n",
    "clock.py": "import time\n",
    "config.py": "",
    "domain/__init__.py": "import decimal\n",
    "embedded/__init__.py": "",
    "erp/__init__.py": "",
    "erp/three/__init__.py": "",
    "loops/__init__.py": "from khaossync.ports import Clock\n",
    "ops/__init__.py": "from khaossync import outbox\n",
    "outbox/__init__.py": "import asyncpg\n",
    "ports.py": "from khaossync.clock import Clock\n",
    "sandbox/__init__.py": "",
    "transport/__init__.py": "",
    "transport/http.py": "",
}


def build(home: Path) -> None:
    for name, text in SCRATCH.items():
        add(home, name, text)
    (home / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())


def add(home: Path, name: str, text: str) -> None:
    path = home / "khaossync" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def lint(home: Path) -> tuple[bool, str]:
    """Whether every contract of the house at `home` is kept, and what the linter says."""
    done = subprocess.run([LINTER, "--no-cache", "--no-logo"], cwd=home, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def test_imports_go_only_down() -> None:
    kept, report = lint(ROOT)
    assert kept, report


def test_a_scratch_house_with_the_same_rooms_keeps_every_contract(tmp_path: Path) -> None:
    build(tmp_path)
    kept, report = lint(tmp_path)
    assert kept, report
    assert "5 kept, 0 broken" in report


@pytest.mark.parametrize(
    ("name", "text", "broken"),
    [
        ("attic/__init__.py", "", "khaossync.attic"),
        ("domain/x.py", "from khaossync import clock\n", "Imports go only down BROKEN"),
        ("transport/x.py", "import khaossync.outbox\n", "Imports go only down BROKEN"),
        ("outbox/x.py", "import khaossync.loops\n", "Imports go only down BROKEN"),
        ("ops/x.py", "import khaossync.app\n", "Imports go only down BROKEN"),
        ("erp/three/x.py", "from khaossync.channels import one\n", "Connectors do not know each other BROKEN"),
        ("channels/two/x.py", "from khaossync.channels import one\n", "Connectors do not know each other BROKEN"),
        ("domain/x.py", "import time\n", "event loop BROKEN"),
        ("domain/x.py", "from random import random\n", "event loop BROKEN"),
        ("domain/x.py", "import asyncio.locks\n", "event loop BROKEN"),
        ("loops/x.py", "import asyncpg\n", "Only the outbox speaks SQL, and only the app opens the pool BROKEN"),
        ("ops/x.py", "from khaossync import sandbox\n", "Only the command line starts the simulators BROKEN"),
    ],
)
def test_a_wall_that_is_broken_shows(tmp_path: Path, name: str, text: str, broken: str) -> None:
    build(tmp_path)
    add(tmp_path, name, text)
    kept, report = lint(tmp_path)
    assert not kept
    assert broken in report


def modules(room: str = "") -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((PACKAGE / room).rglob("*.py")):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(), str(path))


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def foreign(room: str, own: str, *, stdlib_only: bool) -> list[str]:
    """The imports of a room that are neither its own nor the standard library's (nor, perhaps, a third party's)."""
    found = [(name, target) for name, tree in modules(room) for target in imports(tree)]
    return [
        f"{name}: {target}"
        for name, target in found
        if not target.startswith(f"{own}.")
        and target.split(".")[0] not in sys.stdlib_module_names
        and (stdlib_only or target.startswith(("khaossync", ".")))
    ]


def test_the_domain_needs_nothing_but_the_standard_library() -> None:
    assert foreign("domain", "khaossync.domain", stdlib_only=True) == []


def test_the_simulators_share_no_line_with_what_they_judge() -> None:
    assert foreign("sandbox", "khaossync.sandbox", stdlib_only=False) == []


def broad(tree: ast.Module) -> Iterator[int]:
    """The lines that catch every error, however they are written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and (node.type is None or named(node.type) & BROAD):
            yield node.lineno
        elif isinstance(node, ast.Call) and "suppress" in named(node.func):
            yield from (node.lineno for argument in node.args if named(argument) & BROAD)


def named(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} | {
        part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)
    }


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("try: a\nexcept Exception: b", 1),
        ("try: a\nexcept (KeyError, BaseException): b", 1),
        ("try: a\nexcept builtins.Exception: b", 1),
        ("try: a\nexcept* Exception: b", 1),
        ("try: a\nexcept: b", 1),
        ("with contextlib.suppress(Exception): a", 1),
        ("try: a\nexcept KeyError: b\nexcept ExceptionGroup: c", 0),
        ("with suppress(OSError): a", 0),
    ],
)
def test_a_broad_except_is_recognised_in_any_dress(text: str, count: int) -> None:
    assert len(list(broad(ast.parse(text)))) == count


def test_only_two_places_catch_every_error_and_both_are_loops() -> None:
    """One document must not stop the rest, and one tick must not stop its loop; nothing else is swallowed."""
    found = [f"{name}:{line}" for name, tree in modules() for line in broad(tree)]
    assert [place for place in found if not place.startswith("khaossync/loops/")] == []
    assert len(found) == 2, found


def test_every_file_is_small_enough_to_be_read_at_once() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {str(name): lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_every_module_says_what_it_is() -> None:
    assert [name for name, tree in modules() if not ast.get_docstring(tree)] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert [name for name, _ in modules() if empty & set(Path(name).with_suffix("").parts)] == []


def test_the_top_level_holds_what_was_agreed() -> None:
    """M-3."""
    agreed = ("khaossync", "systemd", "tests", "config.example.toml", "pyproject.toml", "Makefile")
    assert [name for name in agreed if not (ROOT / name).exists()] == []
