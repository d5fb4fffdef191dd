"""What Shopify answers when it understood a call and refuses it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UserError:
    """One entry of `userErrors`; mutations without typed errors show no code."""

    message: str
    field: tuple[str, ...] | None = None
    code: str | None = None
    element_index: int | None = None
