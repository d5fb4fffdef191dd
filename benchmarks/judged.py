"""What a load brings was judged before it came: it is stored as it is."""

from khaossync.ports import Acceptance, Judge, Stored


def as_it_is(acceptance: Acceptance) -> Judge:
    """A judge that looks at nothing."""

    async def judge(_stored: Stored) -> Acceptance:
        return acceptance

    return judge
