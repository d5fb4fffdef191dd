"""Sets source items by asynchronous calls: an operation for each row, so that a bad one harms no other.

https://developer.adobe.com/commerce/webapi/rest/use-rest/bulk-endpoints/
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from khaossync.channels.adobe import operations as op
from khaossync.channels.adobe.client import Client
from khaossync.channels.adobe.fields import MalformedError, Node
from khaossync.channels.adobe.stock_sink import Rows
from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RejectedError, TransientError

_COMPLETE, _TRY_AGAIN, _OPEN = 1, 2, 4
_FIRST_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class InBulk:
    """Hands rows over and waits for their end, for nobody promises that the next ones are done after these.

    `patience` is in seconds. Without the shop's consumer `async.operations.all` nothing is ever done.
    """

    client: Client
    patience: float

    async def set(self, rows: Rows) -> list[RejectedError | None]:
        told = [{"sourceItems": [row]} for row in rows]
        given = Node.of(await self.client.call(op.SET_IN_BULK, told=told), op.SET_IN_BULK.name)
        operations = await self._ended(given.ident("bulk_uuid"))
        if len(operations) != len(rows):
            raise MalformedError(f"adobe tells of {len(operations)} operations where {len(rows)} were handed over")
        return [_refusal(operation) for operation in operations]

    async def _ended(self, uuid: str) -> Sequence[Node]:
        """The operations once none is open, in the order of their rows. Raises TransientError when some stay."""
        pause, waited = _FIRST_PAUSE, 0.0
        while True:
            told = Node.of(await self.client.call(op.BULK_STATUS, uuid=uuid), op.BULK_STATUS.name)
            found = sorted(told.items("operations_list"), key=lambda each: each.integer("id"))
            if not any(each.integer("status") == _OPEN for each in found):
                return found
            if waited >= self.patience:
                why = "is its consumer async.operations.all at work?"
                raise TransientError(f"adobe has not done the bulk {uuid} in {waited:.0f} s: {why}")
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(pause * 2, 5.0)


def _refusal(operation: Node) -> RejectedError | None:
    """Why an operation failed. Raises TransientError for one that may be tried again."""
    status, words = operation.integer("status"), operation.text_or("result_message", "no reason given")
    if status == _TRY_AGAIN:
        raise TransientError(f"adobe did not set a source item yet: {words}")
    return None if status == _COMPLETE else RejectedError(words, CaseClass.STOCK_REFUSED, final=False)
