"""Settings: one TOML file, below systemd's credentials, below the environment; frozen, and nothing unknown passes."""

from khaossync.config.load import load
from khaossync.config.model import Config

__all__ = ["Config", "load"]
