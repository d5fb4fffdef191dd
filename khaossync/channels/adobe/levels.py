"""One quantity to set: what is to be shown, and what a sale meanwhile makes of it; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RejectedError
from khaossync.domain.messages import Absent, Delivery, Done
from khaossync.domain.stock import ChannelLevel


@dataclass(frozen=True, slots=True)
class Write:
    """A level of a batch, at its place there; `failures` counts its tries."""

    index: int
    failures: int
    level: ChannelLevel

    def quantity(self, shown: int | None) -> int:
        """What is to be shown, where this is shown now.

        Less than was there before: units were sold since, by orders that nobody has told us of yet. They stay sold.
        After a failure our own try may have been what was there before: the likelier is what fewer sales explain.
        """
        before = {self.level.expected, self.level.quantity if self.failures else None} - {None}
        above = [there for there in before if there is not None and shown is not None and there >= shown]
        sold = min(above) - shown if above and shown is not None else 0
        return max(0, self.level.quantity - sold)

    def done(self, quantity: int) -> Done:
        """What is told of it once it is set."""
        shown = None if quantity == self.level.quantity else quantity
        return Done(f"{self.level.key}={quantity}", shown=shown)

    def absent(self) -> Absent:
        """What becomes of it where the shop has no such product any more."""
        return Absent(f"the shop has no product {self.level.sku} any more")

    def rejected(self, why: str) -> RejectedError:
        """The shop did not take it, in its own words."""
        level = self.level
        return RejectedError(
            f"adobe did not set {level.sku} to {level.quantity} at {level.location}: {why}",
            CaseClass.STOCK_REFUSED,
            evidence={"sku": level.sku, "location": level.location, "quantity": str(level.quantity)},
            final=False,
        )


def writes(batch: Sequence[Delivery]) -> list[Write]:
    """The levels of a batch."""
    return [_write(index, delivery) for index, delivery in enumerate(batch)]


def _write(index: int, delivery: Delivery) -> Write:
    level = delivery.payload
    if not isinstance(level, ChannelLevel):
        raise TypeError(f"a stock sink cannot take {type(level).__name__}")
    return Write(index, delivery.message.failures, level)
