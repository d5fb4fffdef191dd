"""What Shopware answers when it does not do what was asked: one or more errors, each with a code and a place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    429: "Too Many Requests",
    500: "Internal Server Error",
}


@dataclass(frozen=True)
class Fault:
    """One error. `pointer` is where in the request it lies, as in `/3/stock` for the fourth row of a payload."""

    code: str
    detail: str
    pointer: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def told(self, status: int, title: str | None) -> dict[str, Any]:
        """The error as it is written."""
        shown: dict[str, Any] = {
            "status": str(status),
            "code": self.code,
            "title": title or _TITLES.get(status, "Error"),
            "detail": self.detail,
            # An empty array of PHP is a list, never an object.
            "meta": {"parameters": dict(self.parameters) or []},
        }
        if self.pointer is not None:
            shown["source"] = {"pointer": self.pointer}
        return shown


class Refusal(Exception):  # noqa: N818  it is an answer, not a mistake of the program
    """Nothing was done, and this is why."""

    def __init__(self, status: int, faults: Sequence[Fault], title: str | None = None) -> None:
        super().__init__("; ".join(fault.detail for fault in faults))
        self.status = status
        self.faults = faults
        self.title = title

    @property
    def body(self) -> dict[str, Any]:
        """What the answer holds."""
        return {"errors": [fault.told(self.status, self.title) for fault in self.faults]}


def refusal(status: int, code: str, detail: str, pointer: str | None = None, /, **parameters: Any) -> Refusal:
    """A refusal for one reason."""
    return Refusal(status, [Fault(code, detail, pointer, parameters)])
