"""The now and then of the real server: a tag left out, a tag that nobody has heard of."""

import random

from khaossync.sandbox.khaosws.habits import Habits
from khaossync.sandbox.khaosws.xmlout import leaf


class Seasoning:
    """Decides by seeded dice, as often as the habits say."""

    def __init__(self, habits: Habits, dice: random.Random) -> None:
        self._habits, self._dice = habits, dice

    def optional(self, *tags: str) -> str:
        """Tags that a reader must not count on."""
        return "".join(tag for tag in tags if self._dice.random() >= self._habits.missing_tags)

    def extra(self) -> str:
        """Mostly nothing, sometimes a new tag."""
        return leaf("KSD_RESERVED_8199", "0") if self._dice.random() < self._habits.extra_tags else ""

    def either(self, *texts: str) -> str:
        """One of several ways to say the same."""
        return self._dice.choice(texts)
