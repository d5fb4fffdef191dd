"""Short ways of reading a stream and of seeing what was asked for."""

from collections.abc import Sequence

from channels.khaosws.service import Bench, Service, settings

from khaossync.domain.documents import Document, Page
from khaossync.erp.khaosws import build
from khaossync.ports import Source


async def stream(service: Service, bench: Bench, name: str, **changes: object) -> Source:
    connector = await build("khaos", settings(service.url, **changes), bench.kit)
    return next(source for source in connector.sources if source.name == name)


async def read(source: Source, cursor: str | None = None) -> list[Page]:
    return [page async for page in source.changes(cursor)]


def told(pages: Sequence[Page]) -> dict[str, Document]:
    return {document.key: document for page in pages for document in page.documents}


def asked(service: Service, operation: str, argument: str) -> list[str]:
    return [one.arguments.get(argument, "") for one in service.calls(operation)]
