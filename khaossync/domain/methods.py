"""A way of delivery that a channel is set up with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeliveryMethod:
    """One way of delivery: `method` is what orders tell, and the key of the channel's [couriers] table.

    `offered` tells that customers can choose it now.
    """

    method: str
    title: str
    offered: bool
