"""Instants as Shopware writes them: ISO 8601 with milliseconds and an offset."""

from datetime import UTC, datetime


def written(at: datetime) -> str:
    """An instant as the API shows it; what is below a millisecond is cut off."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def read(told: str) -> datetime:
    """An instant as a client may write it; one without an offset is UTC. Raises ValueError for no instant."""
    found = datetime.fromisoformat(told)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
