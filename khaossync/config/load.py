"""Reads the configuration of this process, or says in one line per problem why it cannot be used."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from khaossync.config import complaints
from khaossync.config.checks import cross_check
from khaossync.config.complaints import Complaint
from khaossync.config.layers import (
    Layer,
    credentials_layer,
    environment_layer,
    file_layer,
    find_file,
    open_to_others,
)
from khaossync.config.model import Config, secrets_in
from khaossync.domain.errors import ConfigError


def load(path: Path | None = None, *, environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration of the TOML file, of systemd's credentials and of the environment; the later win.

    The file is `path`, else $KHAOSSYNC_CONFIG, else /etc/khaossync/config.toml, else ./config.toml.
    Raises ConfigError with one line per problem.
    """
    file = find_file(path, environ)
    toml = file_layer(file)
    layers = (environment_layer(environ), credentials_layer(environ.get("CREDENTIALS_DIRECTORY")), toml)
    try:
        config = _merge(layers)
    except ValidationError as error:
        # Without its context, which might show what was given.
        raise ConfigError(complaints.told(complaints.of(error, toml.values), layers)) from None
    if wrong := [*cross_check(config), *_exposed(config, toml, file)]:
        raise ConfigError(complaints.told(wrong, layers))
    return config


def _merge(layers: Sequence[Layer]) -> Config:
    class Layered(Config):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_: PydanticBaseSettingsSource, **__: PydanticBaseSettingsSource
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return tuple(InitSettingsSource(settings_cls, layer.values) for layer in layers)

    return Layered()


def _exposed(config: Config, toml: Layer, file: Path) -> Iterator[Complaint]:
    """Secrets in a file to which other users have rights."""
    if open_to_others(file):
        for path in dict.fromkeys(path for path, _ in secrets_in(config)):
            if toml.holds(path):
                yield Complaint(path, f"is a secret, and other users have rights to this file; run: chmod 600 {file}")
