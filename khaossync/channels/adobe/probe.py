"""Asks the shop whether it can be used, and for what the settings are held against."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from khaossync.channels.adobe import judging
from khaossync.channels.adobe import operations as op
from khaossync.channels.adobe.client import Client
from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.fields import MalformedError, Node
from khaossync.channels.adobe.shelves import linked
from khaossync.channels.adobe.wire import MissingError, NoRouteError, Operation, criteria
from khaossync.domain.errors import ConnectorDownError, RejectedError
from khaossync.domain.findings import Finding
from khaossync.transport.clocks import clock_finding

_NEEDED = {
    op.ORDERS: "Sales / Operations / Orders / Actions / View",
    op.SHIPMENTS: "Sales / Operations / Orders / Actions / View",
    op.CREDITMEMOS: "Sales / Operations / Orders / Actions / View",
    op.PRODUCTS: "Catalog / Inventory / Products",
}
"""What is asked for once each, with the resource that grants it. Permissions to write cannot be asked for."""


@dataclass(frozen=True, slots=True)
class ShopProbe:
    """Knocks at the shop."""

    client: Client
    settings: Settings

    async def ping(self) -> None:
        await self._listed(op.STORES)

    async def check(self) -> Sequence[Finding]:
        """Raises SyncError as soon as a question fails for another reason than a missing permission."""
        findings = [
            *judging.store(await self._listed(op.STORES), self.settings),
            judging.website(await self._listed(op.WEBSITES), self.settings),
            *await self._modules(),
            *await self._denied(),
            *await self._places(),
        ]
        return [*findings, clock_finding(self.client.skew)]

    async def _modules(self) -> Sequence[Finding]:
        try:
            names = await self.client.call(op.MODULES)
        except (ConnectorDownError, RejectedError) as error:
            if not _is_denied(error):
                raise
            return [judging.modules_unknown(str(error))]
        return judging.modules({str(name) for name in _list(op.MODULES, names)}, self.settings)

    async def _denied(self) -> Sequence[Finding]:
        found = []
        for operation, resource in _NEEDED.items():
            try:
                await self.client.page(operation, criteria(size=1))
            except ConnectorDownError as error:
                if not _is_denied(error):
                    raise
                remedy = f"grant the integration {resource}, and activate it again"
                found.append(judging.denied(operation.path, str(error), remedy))
        return found

    async def _places(self) -> Sequence[Finding]:
        if not self.settings.msi:
            return [judging.legacy()]
        try:
            return await self._sources()
        except NoRouteError as error:
            return [judging.no_sources(str(error))]

    async def _sources(self) -> Sequence[Finding]:
        sources = [Node.of(each) async for each in self.client.every(op.SOURCES, sort="source_code", size=100)]
        try:
            selling = await linked(self.client, self.settings)
        except MissingError:
            selling = []  # without a website there is no stock; that it is wanting has been told
        return judging.sources(sources, selling, self.settings.locations)

    async def _listed(self, operation: Operation) -> list[Node]:
        return [Node.of(each, operation.name) for each in _list(operation, await self.client.call(operation))]


def _is_denied(error: Exception) -> bool:
    return "isn't authorized" in str(error) or "HTTP 403" in str(error)


def _list(operation: Operation, found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise MalformedError(f"{operation.name} was not answered with a list")
    return found
