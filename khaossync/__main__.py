"""Lets `python -m khaossync` do what the `khaossync` command does."""

import sys

from khaossync.cli import main

sys.exit(main())
