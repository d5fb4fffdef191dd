"""The facts as gauges, so that the metrics page and the health report never disagree."""

from khaossync.ops.health import Facts
from khaossync.ops.metrics import Metrics


def publish(facts: Facts | None, metrics: Metrics) -> None:
    """Set every gauge that follows from the facts; without facts only the database is known to be away."""
    metrics.gauge("database_up", bool(facts and facts.database_ok))
    if facts is None:
        return
    _publish_backlogs(facts, metrics)
    metrics.replace("cases_open", (({"case_class": name}, count) for name, count in facts.cases.items()))
    metrics.replace("connector_up", (({"connector": state.name}, state.up) for state in facts.connectors))
    here = dict.fromkeys(facts.holding.elsewhere, 0) | dict.fromkeys(facts.holding.held, 1)
    metrics.replace("connector_owned", (({"connector": name}, owned) for name, owned in here.items()))
    ages = ((beat.name, facts.now - (beat.last_beat or facts.started_at)) for beat in facts.beats)
    metrics.replace("loop_beat_age_seconds", (({"loop": name}, age.total_seconds()) for name, age in ages))


def _publish_backlogs(facts: Facts, metrics: Metrics) -> None:
    if not facts.database_ok:
        return  # the old figures are truer than none
    labelled = [({"destination": one.destination, "kind": one.kind}, one) for one in facts.backlogs]
    metrics.replace("outbox_depth", ((labels, one.depth) for labels, one in labelled))
    ages = ((labels, (facts.now - (one.oldest_at or facts.now)).total_seconds()) for labels, one in labelled)
    metrics.replace("outbox_oldest_seconds", ages)
