"""How REST travels: the calls there are, search criteria as a query, JSON with exact numbers, and refusals in words."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from khaossync.channels.adobe.fields import MalformedError, Node
from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import AmbiguousError, ConnectorDownError, RejectedError, SyncError, TransientError
from khaossync.transport.http import UnauthorisedError

_LONGEST_WHOLE = 40


class MissingError(RejectedError):
    """There is no such record."""


class NoRouteError(ConnectorDownError):
    """The shop does not know the call at all: another address, or a module that is not installed."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One call. `path` may have `{names}`. `safe` tells that sending it twice does no harm, `refused` which case its
    refusal opens, and `kind` where it lives if it is done later (`async/bulk/`).
    """

    name: str
    method: str
    path: str
    safe: bool = True
    refused: CaseClass = CaseClass.UNREADABLE_DOCUMENT
    kind: str = ""

    @property
    def writes(self) -> bool:
        """Whether it changes something in the shop."""
        return self.method != "GET"


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition; those of one group are alternatives.

    https://developer.adobe.com/commerce/webapi/rest/use-rest/performing-searches/
    """

    field: str
    condition: str
    value: str


Pair = tuple[str, str]


def criteria(
    *groups: Filter | tuple[Filter, ...], sort: Iterable[str] = (), size: int = 0, page: int = 1
) -> list[Pair]:
    """Search criteria as the pairs of a query: all groups must hold, in ascending order of the named fields."""
    pairs: list[Pair] = []
    for at, group in enumerate(groups):
        for place, one in enumerate(group if isinstance(group, tuple) else (group,)):
            head = f"searchCriteria[filter_groups][{at}][filters][{place}]"
            pairs += [(f"{head}[field]", one.field), (f"{head}[condition_type]", one.condition)]
            pairs.append((f"{head}[value]", one.value))
    for at, field in enumerate(sort):
        head = f"searchCriteria[sortOrders][{at}]"
        pairs += [(f"{head}[field]", field), (f"{head}[direction]", "ASC")]
    if size:
        pairs += [("searchCriteria[pageSize]", str(size)), ("searchCriteria[currentPage]", str(page))]
    return pairs or [("searchCriteria", "")]


def one_of(field: str, values: Iterable[str]) -> Filter:
    """Any of these values. None may hold a comma, for a comma parts them."""
    return Filter(field, "in", ",".join(values))


def body(told: object) -> bytes:
    """The JSON of a request; amounts are numbers in it."""
    return json.dumps(told, separators=(",", ":"), default=_plain).encode()


def parse(operation: Operation, content: bytes) -> Any:
    """The answer as JSON with exact numbers.

    What is no JSON (a proxy's page) says nothing about the effect: TransientError when sending twice is harmless,
    AmbiguousError otherwise.
    """
    try:
        return json.loads(content, parse_float=_exact, parse_int=_whole, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise unclear(operation, f"was not answered with JSON: {error}") from error


def unclear(operation: Operation, why: str) -> SyncError:
    """An answer from which nobody can tell what happened."""
    text = f"adobe: {operation.name} {why}"
    return TransientError(text) if operation.safe else AmbiguousError(text)


def refusal(operation: Operation, status: int, content: bytes) -> SyncError:
    """What an answer that is no success means, sorted by remedy.

    https://developer.adobe.com/commerce/webapi/get-started/gs-web-api-response/
    """
    where = f"adobe: {operation.name} was answered with HTTP {status}"
    if 300 <= status < 400:
        return ConnectorDownError(f"{where}: the shop's address leads elsewhere: check `url`")
    words = message(content)
    if "oauth_problem=timestamp_refused" in words:  # HTTP 400, which tells the shop's time: we sign by that
        return UnauthorisedError(f"{where}: {words}: check this machine's clock")
    if "oauth_problem" in words or "oauth_parameters_absent" in words:
        return ConnectorDownError(f"{where}: {words}: check the credentials")
    if status == 404 and (not words or "route" in words or "store that was requested" in words):
        return NoRouteError(f"{where}: {words or 'no JSON'}: check `url`, `store`, `tenant` and `msi`")
    if status == 404:
        return MissingError(f"{where}: {words}", operation.refused)
    return RejectedError(f"{where}: {words or 'without a reason'}", operation.refused, final=False)


def message(content: bytes) -> str:
    """The shop's own words, with their parameters in their places; "" where the answer is not of the shop's making."""
    try:
        told = Node.of(json.loads(content))
        fatal = told.node_or_empty("messages").items("error")
        return "; ".join(_filled(each) for each in (*((told,) if told.has("message") else ()), *fatal))[:1000]
    except (ValueError, RecursionError, MalformedError):
        return ""


def _filled(told: Node) -> str:
    text = told.text_or("message")
    given = told.value.get("parameters")
    named: Iterable[tuple[object, object]] = ()
    if isinstance(given, Mapping):
        named = given.items()
    elif isinstance(given, list):
        named = enumerate(given, start=1)
    for name, value in named:
        text = text.replace(f"%{name}", str(value))
    more = [_filled(each) for each in told.items("errors")]
    return "; ".join(part for part in (text, *more) if part)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    raise TypeError(f"{type(value).__name__} has no place in a request")


def _exact(digits: str) -> Decimal:
    """One number that nobody can hold spoils its own field, not the whole answer."""
    try:
        return Decimal(digits)
    except ArithmeticError:
        return Decimal("NaN")


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _LONGEST_WHOLE else Decimal("NaN")


def _no_number(name: str) -> Decimal:
    raise ValueError(f"{name} is not a number of JSON")
