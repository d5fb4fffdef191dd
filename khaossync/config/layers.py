"""Where settings come from, and where each of them is written."""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from khaossync.domain.errors import ConfigError

PREFIX = "KHAOSSYNC_"
FILE_VARIABLE = "KHAOSSYNC_CONFIG"
NO_SETTINGS = (FILE_VARIABLE, "KHAOSSYNC_TO")
"""Variables of the command line: where the file is, and where `db copy` goes."""
Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """Settings as nested dictionaries; `places` tells a person where a key is written."""

    values: dict[str, Any]
    places: Mapping[Keys, str]

    def holds(self, path: Keys) -> bool:
        """Whether this layer gives the key at this path."""
        value: Any = self.values
        for key in path:
            if not isinstance(value, dict) or key not in value:
                return False
            value = value[key]
        return True


def file_layer(path: Path) -> Layer:
    """The TOML file. Raises ConfigError when it cannot be read as one."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors begin a file with a byte order mark
        values = tomllib.loads(text, parse_float=Decimal)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); correct the path or the file's rights") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8; save it in that encoding") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from None
    except (ValueError, ArithmeticError):
        raise ConfigError(f"{path}: holds a number of more digits than can be read; shorten it") from None
    except RecursionError:
        raise ConfigError(f"{path}: its lists or tables are nested too deeply; no setting needs that") from None
    return Layer(values, {(): str(path)} | {keys: f"{path}:{line}" for keys, line in _lines(text)})


def credentials_layer(folder: str | None) -> Layer:
    """systemd's credentials: a file `channel__shop__access_token` gives the key `channel.shop.access_token`.

    When a whole folder is loaded, systemd puts the credential's own name before each file's, as in
    `khaossync_channel__shop__access_token`: https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html
    """
    try:
        files = sorted(Path(folder).iterdir()) if folder else []
    except OSError as error:
        raise ConfigError(f"CREDENTIALS_DIRECTORY: {folder} cannot be read ({error.strerror})") from None
    mine = [file for file in files if "__" in file.name and file.is_file()]
    return _layer((file.name.removeprefix(PREFIX.lower()), _text(file), f"credential {file.name}") for file in mine)


def environment_layer(environ: Mapping[str, str]) -> Layer:
    """The environment: KHAOSSYNC_CHANNEL__SHOP__ACCESS_TOKEN gives the key `channel.shop.access_token`."""
    mine = [name for name in sorted(environ) if name.startswith(PREFIX) and name not in NO_SETTINGS]
    return _layer((name.removeprefix(PREFIX).lower(), environ[name], f"environment variable {name}") for name in mine)


def _layer(given: Iterable[tuple[str, str, str]]) -> Layer:
    values: dict[str, Any] = {}
    places: dict[Keys, str] = {}
    for name, text, place in given:
        *tables, key = keys = tuple(name.split("__"))
        table = values
        for step in tables:
            table = table.setdefault(step, {})
            if not isinstance(table, dict):
                raise ConfigError(f"{place}: {step} is given as a value elsewhere; remove one of the two")
        table[key] = _list_or_text(text)
        places[keys] = place
    return Layer(values, places)


def _list_or_text(text: str) -> Any:
    """A list is written as JSON; everything else is text, which the model turns into what it needs."""
    if not text.startswith("["):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"credential {file.name}: cannot be read as UTF-8 text") from None


def _lines(text: str) -> Iterator[tuple[Keys, int]]:
    """The line number of every table and key that begins a line."""
    table: Keys = ()
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line.startswith("["):
            table = _keys(line.partition("]")[0] + "]") or _keys(line) or table
            yield table, number
        elif "=" in line and (keys := _keys(f"{line.partition('=')[0]}= 0")):
            for depth in range(1, len(keys) + 1):
                yield (*table, *keys[:depth]), number


def _keys(line: str) -> Keys:
    """The dotted key that a line of TOML consists of; empty when it is none."""
    try:
        value: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    keys: Keys = ()
    while isinstance(value, dict) and value:
        [(key, value)] = value.items()
        keys = (*keys, key)
    return keys


def find_file(given: Path | None, environ: Mapping[str, str]) -> Path:
    """The file that was asked for, else the first that exists of the usual two. Raises ConfigError."""
    if given or environ.get(FILE_VARIABLE):
        return given or Path(environ[FILE_VARIABLE])
    usual = (Path("/etc/khaossync/config.toml"), Path("config.toml"))
    for path in usual:
        if _is_there(path):
            return path
    raise ConfigError(
        f"no configuration: neither {usual[0]} nor {Path.cwd() / usual[1]} exists; "
        f"copy config.example.toml to one of them, or name a file with --config or {FILE_VARIABLE}"
    )


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True  # in a folder that we may not look into: reading it says so
    return True


def open_to_others(path: Path) -> bool:
    """Whether a user other than the file's owner has any right to it."""
    return bool(path.stat().st_mode & 0o077)
