"""Asks KhaosWS whether it can be used, and holds the settings against what it offers."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from khaossync.domain.errors import ConnectorDownError, SyncError
from khaossync.erp.khaosws.client import Client
from khaossync.erp.khaosws.config import Settings
from khaossync.ports import Finding


@dataclass(frozen=True, slots=True)
class KhaosProbe:
    """Every operation but GetVersion may be missing on a customer's server: each is asked for on its own."""

    client: Client
    settings: Settings

    async def ping(self) -> None:
        """Return when the service answers; raises SyncError."""
        await self.client.version()

    async def check(self) -> Sequence[Finding]:
        """The version, the configured sites, and the names that a channel's rules may use."""
        version = await self.client.version()
        return [
            Finding("version", True, f"KhaosWS {version}"),
            await self._sites(),
            await self._offers("sales sources", "`sales_source`", self.client.sales_sources),
            await self._offers("company classes", "`company_class`", self.client.company_classes),
            await self._offers("couriers", "[couriers]", self.client.couriers),
        ]

    async def _sites(self) -> Finding:
        try:
            there = await self.client.sites()
        except ConnectorDownError:
            raise
        except SyncError as error:
            return Finding("sites", False, str(error), "ask your consultant for the site ids and check them by hand")
        offered = ", ".join(f"{site} ({name})" for site, name in there.items())
        missing = [str(site) for site in self.settings.sites if str(site) not in there]
        if missing:
            return Finding("sites", False, f"no site {', '.join(missing)}; it has {offered}", "correct `sites`")
        return Finding(
            "sites", True, f"it has {offered}; read: {', '.join(map(str, self.settings.sites)) or 'default'}"
        )

    async def _offers(self, subject: str, setting: str, ask: Callable[[], Awaitable[tuple[str, ...]]]) -> Finding:
        try:
            offered = await ask()
        except ConnectorDownError:
            raise
        except SyncError as error:
            return Finding(subject, False, str(error), f"compare each channel's {setting} with Khaos Control by hand")
        detail = f"it offers {', '.join(offered)}" if offered else "it offers none"
        return Finding(
            subject, bool(offered), detail, "" if offered else f"{setting} cannot be used until it does", offered
        )
