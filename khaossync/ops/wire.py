"""The health report as the JSON that monitors read, in a shape inspired by draft-inadarei-api-health-check-06."""

from typing import Any

from khaossync import __version__
from khaossync.ops.health import Check, Report, Status

MEDIA_TYPE = "application/health+json"


def brief(status: Status) -> dict[str, Any]:
    """The status alone: what anybody may see."""
    return {"status": status.value}


def full(report: Report) -> dict[str, Any]:
    """The whole report, its checks by "component:measurement".

    A check's own verdict is its `state`, so that `"status":"pass"` stands in the text only when all is well: a
    monitor may look for just these words.
    """
    checks: dict[str, list[dict[str, Any]]] = {}
    for check in report.checks:
        checks.setdefault(f"{check.component}:{check.measurement}", []).append(_check(check))
    return {**brief(report.status), "releaseId": __version__, "ready": report.ready, "checks": checks}


def _check(check: Check) -> dict[str, Any]:
    entry = {
        "componentId": check.subject,
        "state": check.status.value,
        "observedValue": round(check.value, 1) if isinstance(check.value, float) else check.value,
        "observedUnit": check.unit,
        "output": check.output,
    }
    return {name: value for name, value in entry.items() if value not in ("", None)}
