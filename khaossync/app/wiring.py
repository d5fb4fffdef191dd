"""Makes every loop of the daemon out of what each of them works with."""

import random
from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from khaossync.clock import Clock
from khaossync.config import Config
from khaossync.domain.documents import Kind
from khaossync.domain.routing import TO_CHANNEL, TO_ERP
from khaossync.domain.stock import ChannelLevel
from khaossync.loops.hints import Hints
from khaossync.loops.loop import Loop, Tick, Wake, Waker
from khaossync.loops.named import Named
from khaossync.loops.outage import Outage
from khaossync.loops.owned import Owned
from khaossync.loops.pull import Pull
from khaossync.loops.push import Claimable, Push
from khaossync.loops.relevel import Relevel
from khaossync.loops.subscribe import Subscribe
from khaossync.ops.alerts.herald import Herald, Outlook, Target
from khaossync.ops.beats import Beats
from khaossync.ops.heartbeats import Heartbeat, Pulse
from khaossync.ops.lookout import Lookout
from khaossync.ops.metrics import Metrics
from khaossync.ops.outward import Outward
from khaossync.outbox import CHORES, PostgresOutbox
from khaossync.ports import CATALOGUE, ORDERS, Connector

IDLE = timedelta(seconds=5)
"""How long a push loop rests when nothing wakes it; it is woken as soon as there is work."""

SILENCE = timedelta(minutes=5)
"""How long a loop may be silent: an ERP may take two minutes for one call, and a lookup follows a lost one."""

TIDY = timedelta(minutes=10)
"""How often it is looked whether something has been kept long enough."""

HASTEN = timedelta(minutes=1)
"""How often it is looked whether something waits for a time that a wrong clock has named."""

SEAL = timedelta(seconds=5)
"""How often what was newly written into the trail is sealed: so long it can be tampered with unseen."""

SUBSCRIBE = timedelta(hours=1)
"""How often it is looked whether every webhook is still subscribed; they only hasten what polling finds."""

RELEVEL = timedelta(seconds=2)
"""How often it is looked whether levels have changed without a document: a peak has begun, units count as sold."""

TELL = timedelta(seconds=5)
"""How often it is looked whether there is something to tell a person or a watcher."""


class Wiring:
    """Makes the loops: one pull for each stream, one push for each kind of message that a system is sent."""

    def __init__(
        self,
        config: Config,
        outbox: PostgresOutbox,
        outages: Mapping[str, Outage],
        metrics: Metrics,
        clock: Clock,
        dice: random.Random,
        beats: Beats,
    ) -> None:
        self._config = config
        self._outbox = outbox
        self._outages = outages
        self._metrics = metrics
        self._clock = clock
        self._dice = dice
        self._beats = beats
        self._rules = config.rules()
        self._pulse = Pulse(clock)
        self.wakes: dict[tuple[str, str], Wake] = {}
        readers = ((name, outage.connector.readers) for name, outage in outages.items())
        self.named = {(name, stream): Named(stream, one) for name, of in readers for stream, one in of.items()}
        self.hints = Hints(self.wakes, self.named, outbox)

    def pulls(self) -> list[Loop]:
        made = []
        for name, outage in self._outages.items():
            named = (source for (connector, _), source in self.named.items() if connector == name)
            for source in (*outage.connector.sources, *named):
                title = f"pull {name} {source.name}"
                beat = partial(self._beats.beat, title)
                pull = Pull(
                    source,
                    outage,
                    self._outbox,
                    self._rules,
                    self._clock,
                    self._metrics,
                    beat,
                    self._look,
                    advanced=partial(self._pulse.advance, title),
                )
                wake = self.wakes[name, source.name] = Wake()
                tick = self._pulse.reading(title, pull.tick, outage, source.name)
                work = Owned(name, self._outbox, tick, wake, meanwhile=outage.usable)
                made.append(self._loop(title, work.tick, source.interval, work))
        return made

    def pushes(self) -> list[Loop]:
        return [
            self._push(name, kind, number)
            for name, outage in self._outages.items()
            for kind in (TO_ERP if name in self._config.erp else TO_CHANNEL)
            for number in range(1, 1 + _parallel(outage.connector, kind))
        ]

    def hooks(self) -> list[Loop]:
        """One for each connector whose webhooks can be subscribed, where it is said how we are reached."""
        return [
            self._owned(name, f"hooks {name}", Subscribe(outage, wanted, url).tick, SUBSCRIBE, critical=False)
            for name, outage in self._outages.items()
            if (url := self._config.http.hook_url(name)) and (wanted := outage.connector.subscriptions)
        ]

    def relevels(self) -> list[Loop]:
        return [self._relevel(name) for name in self._config.channel]

    def heralds(self, outlook: Outlook) -> list[Loop]:
        """One for each target, so that one that takes nothing keeps no other from being told."""
        made = []
        for name, table in self._config.alerts.items():
            target = Target(name, table.wishes(), table.way(name, self._clock))
            herald = Herald(target, outlook, self._clock, self._metrics)
            made.append(self._loop(f"alert {name}", herald.tick, TELL, None, critical=False))
        return made

    def heartbeats(self, lookout: Lookout) -> list[Loop]:
        table, made = self._config.heartbeats, []
        for flow, url in table.urls.items():
            way = Outward(f"heartbeats.{flow}", url, table.allow_private, self._clock)
            pause = timedelta(seconds=table.interval)
            heartbeat = Heartbeat(flow, self._pulse, way, pause, lookout.facts, self._clock, self._outbox)
            made.append(self._loop(f"heartbeat {flow}", heartbeat.tick, TELL, None, critical=False))
        return made

    def upkeep(self) -> list[Loop]:
        return [
            self._owned(CHORES, "tidy", self._outbox.tidy, TIDY, critical=False),
            self._owned(CHORES, "hasten", self._outbox.hasten, HASTEN, critical=False),
            self._owned(CHORES, "seal", self._outbox.seal, SEAL, critical=False),
        ]

    def _look(self, channel: str, level: ChannelLevel) -> None:
        """Have a listing read by its name, where the channel can be asked so; else its next full reading finds it."""
        if (channel, CATALOGUE) in self.named:
            self.hints.give(channel, CATALOGUE, level.listing_id)

    def _push(self, name: str, kind: Kind, number: int) -> Loop:
        title = f"push {name} {kind}" if number == 1 else f"push {name} {kind} {number}"
        push = Push(
            kind,
            self._outages[name],
            self._outages,
            self._outbox,
            self._rules,
            self._clock,
            self._metrics,
            self._dice,
            orders_first=partial(self.hints.give, name, ORDERS),
            look=self._look,
        )
        tick = self._pulse.writing(title, push.tick, self._outages[name], kind)
        work = Owned(
            name, self._outbox, tick, Claimable(self._outbox, name, kind), finishes=True, meanwhile=push.settle
        )
        return self._loop(title, work.tick, IDLE, work)

    def _relevel(self, channel: str) -> Loop:
        title = f"levels {channel}"
        beat = partial(self._beats.beat, title)
        relevel = Relevel(channel, self._outbox, self._rules, self._clock, beat)
        return self._owned(channel, title, relevel.tick, RELEVEL)

    def _owned(self, owner: str, name: str, tick: Tick, interval: timedelta, *, critical: bool = True) -> Loop:
        work = Owned(owner, self._outbox, tick)
        return self._loop(name, work.tick, interval, work, critical=critical)

    def _loop(self, name: str, tick: Tick, interval: timedelta, wake: Waker | None, *, critical: bool = True) -> Loop:
        self._beats.register(name, interval, bound=max(3 * interval, SILENCE), critical=critical)
        return Loop(name, tick, interval, self._clock, wake, self._beats.beat, self._dice, self._metrics)


def _parallel(connector: Connector, kind: Kind) -> int:
    """How many loops push this kind; one where there is no sink, to hand its work over to people."""
    return connector.sinks[kind].parallel if kind in connector.sinks else 1
