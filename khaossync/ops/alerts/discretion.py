"""What an alert may say of a case: figures, codes and numbers, never a customer's words or whereabouts."""

from collections.abc import Callable, Iterator

from khaossync.outbox.alerting import Sample

Clean = Callable[[str], str]
"""Masks secrets and e-mail addresses in a text (`ops.redaction.Redaction.text`)."""

# Only what is named here leaves the house. A case's detail may repeat a platform's own words, its other evidence names
# on goods ("for Anna"), parcels or parts of an address: they stay with `khaossync cases show`.
SHOWN = frozenset(
    {
        *("sku", "skus", "stock code", "delivery method", "rate", "currency", "field", "quantity", "location"),
        *("sales order", "reference", "despatch", "despatched", "sold", "not told", "limit", "characters"),
        *("total", "ERP total minus total", "ERP tax minus tax", "total there", "total here", "missing"),
    }
)
_LONGEST = 80


def told(sample: Sample, clean: Clean) -> str:
    """One case in one line: `#1001 shop:5001: skus GHOST`."""
    name = " ".join(filter(None, (plain(sample.number, clean), plain(sample.subject, clean))))
    return ": ".join(filter(None, (name, ", ".join(_evidence(sample, clean)))))


def plain(text: str, clean: Clean) -> str:
    """A foreign text as one short line without secrets, e-mail addresses or control characters."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in clean(text)).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _evidence(sample: Sample, clean: Clean) -> Iterator[str]:
    for name, value in sample.evidence.items():
        if name in SHOWN and value:
            yield f"{name} {plain(value, clean)}"
