"""Webhooks: verified, remembered once, and turned into a wake-up; the data is always read afresh."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from khaossync.domain.errors import ForgedError, TransientError
from khaossync.loops.hints import Hints
from khaossync.ports import Connector, Meter, Outbox

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Listen:
    """Receives the webhooks of all connectors, whichever process works for them."""

    connectors: Mapping[str, Connector]
    hints: Hints
    outbox: Outbox
    meter: Meter

    async def hook(self, connector: str, headers: Mapping[str, str], body: bytes) -> int:
        """The HTTP status for one webhook: 200 taken, 401 forged, 404 nobody listens, 503 tell us again."""
        hooks = self.connectors[connector].hooks if connector in self.connectors else None
        if hooks is None:
            return 404
        try:
            hint = hooks.receive(headers, body)
            if hint is None:
                return 200
            new = await self.outbox.hint(connector, hint)
        except ForgedError as error:
            log.warning("hook_forged", connector=connector, reason=str(error))
            self.meter.count("hooks_received", connector=connector, outcome="forged")
            return 401
        except TransientError as error:
            log.warning("hook_not_stored", connector=connector, reason=str(error))
            return 503
        self.meter.count("hooks_received", connector=connector, outcome="new" if new else "repeated")
        if new:
            self.hints.give(connector, hint.stream, hint.subject)
        return 200
