"""Canaries: a made-up person's particulars, planted in records and looked for in whatever is told."""

from typing import Any

PRIVATE = {
    **dict.fromkeys(("email", "emailAddress"), "canary.wren@example.com"),
    **dict.fromkeys(("phone", "phoneNumber"), "+44 7700 900900"),
    **dict.fromkeys(("firstName", "lastName"), "Canarina"),
    **dict.fromkeys(("address1", "address2"), "9 Canary Wharf Mews"),
    **dict.fromkeys(("city", "province"), "Canaryborough"),
    **dict.fromkeys(("company", "note", "poNumber"), "Canary Holdings"),
    "zip": "CN4 1RY",
}
"""The canary of each field that tells of a person, by its name."""

CANARY = "Canarina Wren, 9 Canary Wharf Mews"
"""The one of any other text."""


def people(tree: Any) -> Any:
    """The record with a canary in every field of a person, also where there was nothing."""
    if isinstance(tree, list):
        return [people(each) for each in tree]
    if not isinstance(tree, dict):
        return tree
    return {name: PRIVATE.get(name, people(value)) for name, value in tree.items()}


def everywhere(tree: Any) -> Any:
    """The record with a canary in every text, also where there was nothing."""
    if isinstance(tree, dict):
        return {name: everywhere(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [everywhere(each) for each in tree]
    return CANARY if tree is None or isinstance(tree, str) else tree


def leaked(told: object) -> list[str]:
    """The canaries in whatever was told."""
    text = repr(told).lower()
    return [canary for canary in sorted({*PRIVATE.values(), CANARY}) if canary.lower() in text]
