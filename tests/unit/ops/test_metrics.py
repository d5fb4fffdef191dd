"""The metrics page: declared names only, bounded labels, and gauges that agree with the health report."""

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.parser import text_string_to_metric_families

import khaossync
from khaossync import __version__
from khaossync.ops.gauges import publish
from khaossync.ops.health import Backlog, ConnectorState, Facts, LoopBeat
from khaossync.ops.metrics import SERIES, Metrics
from khaossync.ports import Meter

from .conftest import NOON

MINUTE = timedelta(minutes=1)


def values(metrics: Metrics) -> dict[str, float]:
    """Every sample as `name{label=value,…}`."""
    body, _ = metrics.render()
    return {
        sample.name + "{" + ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items())) + "}": sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def test_counters_gauges_and_durations_are_on_the_page() -> None:
    metrics = Metrics()
    meter: Meter = metrics
    meter.count("loop_ticks", loop="pull", outcome="ok")
    meter.count("loop_ticks", 2, loop="pull", outcome="ok")
    meter.gauge("connector_up", 1, connector="shop")
    meter.observe("request_seconds", 0.3, system="shop", operation="orders")
    page = values(metrics)
    assert page["khaossync_loop_ticks_total{loop=pull,outcome=ok}"] == 3
    assert page["khaossync_connector_up{connector=shop}"] == 1
    assert page["khaossync_request_seconds_count{operation=orders,system=shop}"] == 1
    assert page["khaossync_request_seconds_bucket{le=0.25,operation=orders,system=shop}"] == 0
    assert any(name.startswith("khaossync_build_info{python=3.") and __version__ in name for name in page)
    assert metrics.render()[1].startswith("text/plain")


def test_every_declared_series_has_help_and_can_be_used() -> None:
    metrics = Metrics()
    for name, series in SERIES.items():
        labels = dict.fromkeys(series.labels, "x")
        method = {Counter: "count", Gauge: "gauge", Histogram: "observe"}[series.kind]
        getattr(metrics, method)(name, 1, **labels)
        assert f"# HELP khaossync_{name}" in metrics.render()[0].decode()


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("count", "orders", "'orders' is declared as nothing"),
        ("gauge", "requests", "'requests' is declared as counter"),
    ],
)
def test_an_undeclared_name_is_a_mistake_with_a_clear_text(kind: str, name: str, words: str) -> None:
    with pytest.raises(KeyError, match=words):
        getattr(Metrics(), kind)(name, 1)


def test_wrong_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="label"):
        Metrics().count("loop_ticks", loop="pull")


def test_two_daemons_in_one_process_do_not_share_their_numbers() -> None:
    one, two = Metrics(), Metrics()
    one.gauge("connector_up", 1, connector="shop")
    assert "khaossync_connector_up{connector=shop}" not in values(two)


def test_the_facts_become_gauges_and_what_is_gone_vanishes() -> None:
    """S-24 and S-25: queue age and open cases as metrics."""
    metrics = Metrics()
    facts = Facts(
        now=NOON,
        started_at=NOON - timedelta(hours=1),
        beats=(LoopBeat("pull", NOON - MINUTE, MINUTE), LoopBeat("push", None, MINUTE)),
        backlogs=(Backlog("erp", "order", 4, NOON - MINUTE, MINUTE), Backlog("shop", "refund", 1, None, MINUTE)),
        cases={"expired": 2, "no_route": 1},
        connectors=(ConnectorState("erp", False), ConnectorState("shop", True)),
    )
    publish(facts, metrics)
    page = values(metrics)
    assert page["khaossync_database_up{}"] == 1
    assert page["khaossync_outbox_depth{destination=erp,kind=order}"] == 4
    assert page["khaossync_outbox_oldest_seconds{destination=erp,kind=order}"] == 60
    assert page["khaossync_outbox_oldest_seconds{destination=shop,kind=refund}"] == 0
    assert page["khaossync_connector_up{connector=erp}"] == 0
    assert page["khaossync_loop_beat_age_seconds{loop=pull}"] == 60
    assert page["khaossync_loop_beat_age_seconds{loop=push}"] == 3600
    publish(Facts(now=NOON, started_at=NOON, cases={"expired": 1}), metrics)
    page = values(metrics)
    assert page["khaossync_cases_open{case_class=expired}"] == 1
    assert "khaossync_cases_open{case_class=no_route}" not in page


@pytest.mark.parametrize("facts", [None, Facts(now=NOON, started_at=NOON, database_ok=False)])
def test_while_the_database_is_away_the_last_depths_stay(facts: Facts | None) -> None:
    metrics = Metrics()
    publish(Facts(now=NOON, started_at=NOON, backlogs=(Backlog("erp", "order", 4, None, MINUTE),)), metrics)
    publish(facts, metrics)
    page = values(metrics)
    assert page["khaossync_database_up{}"] == 0
    assert page["khaossync_outbox_depth{destination=erp,kind=order}"] == 4


def recordings() -> Iterator[tuple[str, str, str, set[str]]]:
    """Every `….meter.count("name", …, label=…)` of the package: (place, method, name, labels)."""
    package = Path(khaossync.__file__).parent
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    ast.Attribute(ast.Attribute(attr="meter" | "_meter"), "count" | "gauge" | "observe" as method),
                    [ast.Constant(str(name)), *_],
                ):
                    labels = {keyword.arg or "**" for keyword in node.keywords}
                    yield f"{path.name}:{node.lineno}", method, name, labels


def test_every_recording_in_the_package_fits_its_declaration() -> None:
    kinds = {"count": Counter, "gauge": Gauge, "observe": Histogram}
    found = list(recordings())
    misfits = [
        f"{place}: {method}({name!r}, {sorted(labels)})"
        for place, method, name, labels in found
        if name not in SERIES or SERIES[name].kind is not kinds[method] or set(SERIES[name].labels) != labels
    ]
    assert misfits == []
    assert len(found) > 5
