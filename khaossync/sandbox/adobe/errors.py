"""What Magento answers when it understood a call and refuses it."""

from collections.abc import Mapping, Sequence
from typing import Any


class Refusal(Exception):  # noqa: N818  an answer, not a failure of the simulator
    """An error as a client sees it; `parameters` belong into the `%` places of the message."""

    def __init__(self, status: int, message: str, parameters: Mapping[str, Any] | Sequence[Any] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.parameters = status, message, parameters

    @property
    def told(self) -> dict[str, Any]:
        """The body of the answer."""
        parameters = {} if self.parameters is None else {"parameters": self.parameters}
        return {"message": self.message, **parameters}


def no_such(field: str, value: object) -> Refusal:
    """There is no record of that id."""
    text = "No such entity with %fieldName = %fieldValue"
    return Refusal(404, text, {"fieldName": field, "fieldValue": value})


def internal_error(number: int) -> Refusal:
    """Something failed that Magento does not explain."""
    return Refusal(500, f"Internal Error. Details are available in Magento log file. Report ID: webapi-{number:013x}")
