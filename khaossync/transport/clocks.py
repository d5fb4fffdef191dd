"""Compares another machine's clock with ours."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from khaossync.domain.findings import Finding

_NOTICEABLE = timedelta(seconds=5)
_HARMFUL = timedelta(seconds=60)
"""Readings reach back behind the last one, by two minutes as a rule; a clock must not use that up."""

_ROUNDING = timedelta(seconds=0.5)
"""A Date has whole seconds, cut off: on average it tells half a second too little. RFC 9110 §5.6.7"""


def ahead(date: str, now: datetime, unknown: timedelta | None = None) -> timedelta | None:
    """By how much an HTTP Date is ahead of `now`; `unknown` for a text that is no date with a zone."""
    try:
        return parsedate_to_datetime(date) + _ROUNDING - now
    except (ValueError, TypeError, OverflowError):  # the last for a zone of twenty digits
        return unknown


def clock_finding(skew: timedelta | None) -> Finding:
    """What it means that another clock is so much ahead of ours; None when it does not tell the time."""
    if skew is None:
        return Finding.ok("clock", "cannot be compared: no answer told the time")
    seconds = skew.total_seconds()
    detail = f"{abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} ours"
    if abs(skew) <= _NOTICEABLE:
        return Finding.ok("clock", detail)
    remedy = "have both machines follow NTP; `timedatectl` tells whether this one does"
    told = Finding.fail if abs(skew) > _HARMFUL else Finding.warn
    return told("clock", detail, remedy)
