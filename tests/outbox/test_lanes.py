"""Law 3 in memory: per key in order, at most one under way, and whatever is unfinished blocks what is younger."""

from dataclasses import replace

import examples
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from khaossync.domain.documents import Kind
from khaossync.domain.messages import Message
from khaossync.outbox.lanes import Lanes


def message(message_id: int, key: str = "a", kind: Kind = Kind.ORDER) -> Message:
    return examples.message(kind, examples.order(), id=message_id, key=key)


def ids(claimed: list[Message]) -> list[int]:
    return [one.id for one in claimed]


def offered(*messages: Message) -> Lanes:
    lanes = Lanes()
    for one in messages:
        lanes.offer(one)
    return lanes


def test_one_message_of_a_key_is_under_way_at_a_time() -> None:
    lanes = offered(message(1), message(2), message(3, "b"))
    claimed = lanes.claim(Kind.ORDER, 10)
    assert ids(claimed) == [1, 3]
    assert lanes.claim(Kind.ORDER, 10) == []
    lanes.finish(claimed[0])
    assert ids(lanes.claim(Kind.ORDER, 10)) == [2]


def test_a_key_keeps_its_order_across_kinds() -> None:
    lanes = offered(message(1), message(2, kind=Kind.CANCELLATION), message(3))
    assert lanes.claim(Kind.CANCELLATION, 10) == []
    [order] = lanes.claim(Kind.ORDER, 10)
    lanes.finish(order)
    [cancellation] = lanes.claim(Kind.CANCELLATION, 10)
    assert lanes.claim(Kind.ORDER, 10) == []
    lanes.finish(cancellation)
    assert ids(lanes.claim(Kind.ORDER, 10)) == [3]


def test_what_waits_blocks_what_is_younger_until_it_comes_back() -> None:
    lanes = offered(message(1), message(2))
    [first] = lanes.claim(Kind.ORDER, 10)
    lanes.hold(first)
    assert lanes.claim(Kind.ORDER, 10) == []
    assert lanes.blocked() == {1: "a"}
    lanes.offer(message(1))
    assert ids(lanes.claim(Kind.ORDER, 10)) == [1]


def test_a_blocker_that_was_never_loaded_blocks_until_it_is_forgotten() -> None:
    lanes = Lanes()
    lanes.offer(message(5), blockers=[2, 3])
    assert lanes.claim(Kind.ORDER, 10) == []
    lanes.forget(2, "a")
    assert lanes.claim(Kind.ORDER, 10) == []
    lanes.forget(3, "a")
    assert ids(lanes.claim(Kind.ORDER, 10)) == [5]


def test_an_older_blocker_that_is_learnt_late_still_blocks() -> None:
    lanes = offered(message(5))
    lanes.offer(message(9), blockers=[3])
    assert lanes.claim(Kind.ORDER, 10) == []
    lanes.forget(3, "a")
    assert ids(lanes.claim(Kind.ORDER, 10)) == [5]


def test_a_released_message_can_be_claimed_again_in_its_order() -> None:
    lanes = offered(message(1), message(2))
    lanes.release(lanes.claim(Kind.ORDER, 1)[0])
    assert ids(lanes.claim(Kind.ORDER, 10)) == [1]


def test_a_claim_of_an_earlier_owner_does_not_release_a_later_one() -> None:
    lanes = offered(message(1))
    stale = message(1)
    [claimed] = lanes.claim(Kind.ORDER, 1)
    lanes.release(stale)
    assert lanes.landed([stale, claimed]) == [stale]


def test_the_oldest_goes_first_even_when_it_came_back_last() -> None:
    lanes = offered(message(1, "a"), message(2, "b"))
    [first] = lanes.claim(Kind.ORDER, 1)
    lanes.hold(first)
    lanes.offer(message(3, "c"))
    lanes.offer(message(1, "a"))
    assert ids(lanes.claim(Kind.ORDER, 10)) == [1, 2, 3]


def test_what_is_under_way_is_not_offered_twice() -> None:
    lanes = offered(message(1))
    lanes.claim(Kind.ORDER, 1)
    lanes.offer(message(1))
    assert lanes.claim(Kind.ORDER, 1) == []


def test_a_newer_level_takes_the_place_of_one_that_was_not_claimed() -> None:
    lanes = Lanes()
    lanes.offer(message(1))
    lanes.swap(1, 4, examples.order(note="newer"))
    [claimed] = lanes.claim(Kind.ORDER, 1)
    assert claimed == replace(message(1), revision=4, body=examples.order(note="newer"))


KEYS = st.sampled_from("abc")
KINDS = st.sampled_from([Kind.ORDER, Kind.CANCELLATION])


class LanesMachine(RuleBasedStateMachine):
    """Whatever happens in whatever order: nothing overtakes, nothing flies twice, nothing is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.lanes = Lanes()
        self.unfinished: dict[int, Message] = {}
        self.held: set[int] = set()
        self.flying: dict[int, Message] = {}
        self.next_id = 1

    @rule(key=KEYS, kind=KINDS)
    def accept(self, key: str, kind: Kind) -> None:
        one = message(self.next_id, key, kind)
        self.next_id += 1
        self.unfinished[one.id] = one
        self.lanes.offer(one)

    @rule(key=KEYS, kind=KINDS)
    def read_behind_a_blocker(self, key: str, kind: Kind) -> None:
        blocker, one = message(self.next_id, key, kind), message(self.next_id + 1, key, kind)
        self.next_id += 2
        self.unfinished |= {blocker.id: blocker, one.id: one}
        self.held.add(blocker.id)
        self.lanes.offer(one, [blocker.id])

    @rule(kind=KINDS, limit=st.integers(1, 5))
    def claim(self, kind: Kind, limit: int) -> None:
        expected = sorted(self._claimable(kind))[:limit]
        claimed = self.lanes.claim(kind, limit)
        assert ids(claimed) == expected
        self.flying |= {one.id: one for one in claimed}

    @rule(data=st.data(), what=st.sampled_from(["finish", "hold", "release"]))
    def settle(self, data: st.DataObject, what: str) -> None:
        if not self.flying:
            return
        one = self.flying.pop(data.draw(st.sampled_from(sorted(self.flying))))
        getattr(self.lanes, what)(one)
        if what == "finish":
            del self.unfinished[one.id]
        if what == "hold":
            self.held.add(one.id)

    @rule(data=st.data(), ignored=st.booleans())
    def return_from_the_table(self, data: st.DataObject, ignored: bool) -> None:
        if not self.held:
            return
        message_id = data.draw(st.sampled_from(sorted(self.held)))
        self.held.discard(message_id)
        if ignored:
            self.lanes.forget(message_id, self.unfinished.pop(message_id).key)
        else:
            self.lanes.offer(self.unfinished[message_id])

    @invariant()
    def one_flies_per_key(self) -> None:
        keys = [one.key for one in self.flying.values()]
        assert len(keys) == len(set(keys))

    @invariant()
    def what_is_blocked_says_so(self) -> None:
        loaded = {one.key for one in self.unfinished.values() if one.id not in self.held | self.flying.keys()}
        heads = {key: min(i for i, one in self.unfinished.items() if one.key == key) for key in loaded}
        assert self.lanes.blocked() == {head: key for key, head in heads.items() if head in self.held}

    def _claimable(self, kind: Kind) -> list[int]:
        heads: dict[str, Message] = {}
        for message_id in sorted(self.unfinished):
            heads.setdefault(self.unfinished[message_id].key, self.unfinished[message_id])
        blocked = self.held | self.flying.keys()
        return [head.id for head in heads.values() if head.kind is kind and head.id not in blocked]


TestLanes = LanesMachine.TestCase
TestLanes.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
