"""The names of things: 32 hexadecimal digits, some of them the same in every shop."""

import hashlib
import random
import re
from collections.abc import Callable
from datetime import datetime

LIVE = "0fa91ce3e96a4bc2be4bd9ce752c3425"
SYSTEM_LANGUAGE = "2fbb5fe2e29a4d70aa5854ce7ce3e20b"
SYSTEM_CURRENCY = "b7d2554b0ce847cd82f3ac9bd1c0dfca"


def is_id(told: object) -> bool:
    """Whether this may be an id: lower-case hexadecimal, without dashes."""
    return isinstance(told, str) and re.fullmatch(r"[0-9a-f]{32}", told) is not None


def named(kind: str, name: str) -> str:
    """The id of something that is set up with the shop, always the same for the same name."""
    return hashlib.blake2b(f"{kind}/{name}".encode(), digest_size=16).hexdigest()


class Ids:
    """Makes the ids of one shop: they begin with the instant, as those of Shopware do (UUID version 7)."""

    def __init__(self, now: Callable[[], datetime], dice: random.Random) -> None:
        self._now = now
        self._dice = dice

    def new(self) -> str:
        """An id that nothing else has."""
        milliseconds = int(self._now().timestamp() * 1000)
        return f"{milliseconds:012x}7{self._dice.getrandbits(12):03x}8{self._dice.getrandbits(60):015x}"
