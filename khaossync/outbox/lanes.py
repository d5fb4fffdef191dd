"""Lanes: which messages of a destination may go now, oldest first, at most one under way per key; pure memory."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from khaossync.domain.documents import Kind
from khaossync.domain.messages import Message, MessageBody


class Lanes:
    """One lane per key, holding the ids of its unfinished messages in the order they were accepted.

    An id is *loaded* (may be claimed once it stands first), *flying* (claimed) or neither: then it waits, is
    parked or pending in the table, and blocks what stands behind it.

    Every list of ids is kept in order: they come in order, so that nearly all are put at the end and taken from the
    beginning.
    """

    def __init__(self) -> None:
        self._lanes: dict[str, list[int]] = {}
        self._loaded: dict[int, Message] = {}
        self._flying: dict[int, Message] = {}
        self._heads: Mapping[Kind, list[int]] = {kind: [] for kind in Kind}

    def offer(self, message: Message, blockers: Iterable[int] = ()) -> None:
        """Take in a message that is ready; `blockers` are older unfinished messages of its key that are not."""
        if message.id in self._flying:
            return
        lane = self._lanes.setdefault(message.key, [])
        for message_id in blockers:
            _insert(lane, message_id)
        _insert(lane, message.id)
        self._loaded[message.id] = message
        self._surface(lane)

    def block(self, message_id: int, key: str) -> None:
        """Let an unfinished message that cannot be offered hold up its lane."""
        _insert(self._lanes.setdefault(key, []), message_id)

    def claimable(self, kind: Kind) -> int:
        """How many of this kind stand first in their lanes."""
        return len(self._heads[kind])

    def claim(self, kind: Kind, limit: int) -> list[Message]:
        """Up to `limit` first messages of this kind, oldest first; they fly until told what became of them."""
        heads = self._heads[kind]
        claimed: list[Message] = []
        seen = 0
        while seen < len(heads) and len(claimed) < limit:
            message = self._loaded.get(heads[seen])
            seen += 1
            if message is not None and self._lanes[message.key][0] == message.id:
                del self._loaded[message.id]
                self._flying[message.id] = message
                claimed.append(message)
        del heads[:seen]
        return claimed

    @property
    def flying(self) -> AbstractSet[int]:
        """The ids whose claims are unsettled."""
        return self._flying.keys()

    def landed(self, messages: Iterable[Message]) -> list[Message]:
        """Those whose very claim is no longer unsettled; a message may be claimed again after its owner changed."""
        flying = self._flying
        return [message for message in messages if flying.get(message.id) is not message]

    def release(self, message: Message) -> None:
        """Put a claimed message back as it was."""
        if self._flying.get(message.id) is message:
            self._loaded[message.id] = self._flying.pop(message.id)
            self._surface(self._lanes[message.key])

    def regain(self, message: Message) -> None:
        """Put a claimed message back as it is now: a newer level took its place while it was under way."""
        self._flying.pop(message.id, None)
        self.offer(message)

    def hold(self, message: Message) -> None:
        """A claimed message became one that blocks its lane: it waits, is pending or parked."""
        self._flying.pop(message.id, None)

    def finish(self, *messages: Message) -> None:
        """Claimed messages are gone; the next of each lane may come."""
        for message in messages:
            self._flying.pop(message.id, None)
            if self._lanes.get(message.key) == [message.id]:  # alone, as most are
                del self._lanes[message.key]
            else:
                self.forget(message.id, message.key)

    def forget(self, message_id: int, key: str) -> None:
        """An id is no longer unfinished."""
        lane = self._lanes.get(key, [])
        place = bisect_left(lane, message_id)
        if place == len(lane) or lane[place] != message_id:
            return
        del lane[place]
        self._loaded.pop(message_id, None)
        if lane:
            self._surface(lane)
        else:
            del self._lanes[key]

    def revisions(self) -> Mapping[int, int]:
        """Of each message that was not claimed yet, the revision that we know."""
        return {message_id: message.revision for message_id, message in self._loaded.items()}

    def swap(self, message_id: int, revision: int, body: MessageBody) -> None:
        """Put a newer level into a message that was not claimed yet."""
        if message := self._loaded.get(message_id):
            self._loaded[message_id] = replace(message, revision=revision, body=body)

    def blocked(self) -> Mapping[int, str]:
        """The ids, with their keys, behind which loaded messages wait for a change in the table."""
        return {
            lane[0]: key
            for key, lane in self._lanes.items()
            if len(lane) > 1 and lane[0] not in self._loaded and lane[0] not in self._flying
        }

    def _surface(self, lane: list[int]) -> None:
        first = self._loaded.get(lane[0])
        if first is not None:
            _insert(self._heads[first.kind], first.id)


def _insert(ids: list[int], message_id: int) -> None:
    if not ids or ids[-1] < message_id:  # as they come
        ids.append(message_id)
        return
    place = bisect_left(ids, message_id)
    if ids[place] != message_id:
        ids.insert(place, message_id)
