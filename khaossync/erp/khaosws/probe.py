"""Asks KhaosWS whether it can be used, and holds the settings against what it offers."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from khaossync.domain.errors import ConnectorDownError, SyncError
from khaossync.domain.findings import Finding
from khaossync.erp.khaosws.client import Client
from khaossync.erp.khaosws.config import Settings
from khaossync.erp.khaosws.stock_sources import DEFAULT_SITE
from khaossync.transport.clocks import clock_finding


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
            Finding.ok("version", f"KhaosWS {version}"),
            clock_finding(self.client.skew),
            *await self._sites(),
            await self._offers("sales sources", "`sales_source`", self.client.sales_sources),
            await self._offers("company classes", "`company_class`", self.client.company_classes),
            await self._offers("couriers", "[couriers]", self.client.couriers),
            Finding.ok(
                "by hand", "KhaosWS does not tell tax codes, card types and bank accounts: compare them yourself"
            ),
        ]

    async def _sites(self) -> list[Finding]:
        read = [str(site) for site in self.settings.sites] or [DEFAULT_SITE]
        try:
            there = await self.client.sites()
        except ConnectorDownError:
            raise
        except SyncError as error:
            return [Finding.warn("sites", str(error), "ask your consultant for the site ids, and compare them by hand")]
        offered = ", ".join(f"{site} ({name})" for site, name in there.items())
        missing = [str(site) for site in self.settings.sites if str(site) not in there]
        if missing:
            return [Finding.fail("sites", f"no site {', '.join(missing)}; it has {offered}", "correct `sites`")]
        return [
            Finding.ok("sites", f"it has {offered}; read: {', '.join(read)}", offers=read),
            Finding.ok("site names", ", ".join(there.values()), offers=there.values()),
        ]

    async def _offers(self, subject: str, setting: str, ask: Callable[[], Awaitable[tuple[str, ...]]]) -> Finding:
        try:
            offered = await ask()
        except ConnectorDownError:
            raise
        except SyncError as error:
            return Finding.warn(subject, str(error), f"compare each channel's {setting} with Khaos Control by hand")
        if not offered:
            return Finding.warn(subject, "it offers none", f"{setting} cannot be used until it does")
        return Finding.ok(subject, f"it offers {', '.join(offered)}", offers=offered)
