"""khaossync keeps Khaos Control in step with the systems that sell and market for a merchant: a five-minute tour.

Every system is a connector with sources (what it tells) and sinks (what it accepts). A source's documents go
through the outbox in PostgreSQL to sinks; everything else watches. There is one road:

    source.changes(cursor) → loops.pull → outbox.accept → outbox.claim → loops.push → sink.deliver → outbox.settle

Read in this order:

1. `domain.routing`      which document goes to which connectors: the whole business on one screen
2. `domain.preparation`  how a waiting fact becomes something that a sink can take, or a case
3. `ports`               what a connector and the outbox promise
4. `loops.pull`, `loops.push`   the two halves of the road
5. `outbox`              the only room that speaks SQL
6. `channels.shopify`, `erp.khaosws`   two connectors, each with the same five files
7. `app`                 the composition root

Imports go only down: cli → app → config → ops → (loops, outbox, channels, erp, embedded) → transport → ports,
clock → domain. `sandbox` holds simulators of every system and shares no line with what they judge.
"""

__version__ = "0.1.0"
