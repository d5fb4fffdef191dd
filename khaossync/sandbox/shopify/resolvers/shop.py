"""The shop itself, the app's rights, webhooks, metafields, and the pages of every connection."""

import json
from datetime import UTC, datetime
from typing import Any

from khaossync.sandbox.shopify import ids, notes
from khaossync.sandbox.shopify.paging import Connection, numbered
from khaossync.sandbox.shopify.resolvers.lookup import find
from khaossync.sandbox.shopify.schema import VERSIONS, Table
from khaossync.sandbox.shopify.state import Metafield, State, Subscription

_APP = {"id": ids.gid("App", 9000001), "apiKey": "client-id", "handle": "khaossync", "title": "khaossync"}


def _installation(_root: Any, info: Any) -> dict[str, Any]:
    scopes = [{"handle": scope, "description": scope} for scope in sorted(info.context.state.scopes)]
    return {"id": ids.gid("AppInstallation", 1), "app": _APP, "accessScopes": scopes}


def _shop(_root: Any, info: Any) -> dict[str, Any]:
    state: State = info.context.state
    domain = f"{state.name}.myshopify.com"
    return {
        "id": ids.gid("Shop", 1),
        "name": state.name,
        "email": "shop@example.com",
        "createdAt": state.opened_at,
        "updatedAt": state.opened_at,
        "currencyCode": state.currency,
        "ianaTimezone": "Europe/London",
        "myshopifyDomain": domain,
        "plan": {"partnerDevelopment": False, "publicDisplayName": "Basic", "shopifyPlus": False},
        "primaryDomain": {"id": ids.gid("Domain", 1), "host": domain, "sslEnabled": True, "url": f"https://{domain}"},
        "taxesIncluded": state.prices_include_tax,
        "taxShipping": True,
    }


def version(handle: str) -> dict[str, Any]:
    """An ApiVersion."""
    return {"handle": handle, "displayName": handle, "supported": handle in VERSIONS}


def _topic(subscription: Subscription, _info: Any) -> str:
    return subscription.topic.upper().replace("/", "_")


def _owner_id(record: Any, info: Any) -> str:
    return ids.gid(info.parent_type.name, record.number)


def _metafield(record: Any, info: Any, key: str, namespace: str | None = None) -> Metafield | None:
    if namespace is None and "." in key:
        namespace, _, key = key.partition(".")
    return notes.find(info.context.state, _owner_id(record, info), namespace, key)


def _metafields(
    record: Any, info: Any, namespace: str | None = None, keys: list[str] | None = None, **window: Any
) -> Connection:
    held = info.context.state.metafields.get(_owner_id(record, info), {}).values()
    full = None if namespace is None else notes.namespace(namespace)
    found = [each for each in held if full in (None, each.namespace)]
    if keys is not None:
        found = [each for each in found if f"{each.namespace}.{each.key}" in keys]
    return numbered(found, **window)


def _json_value(metafield: Metafield, _info: Any) -> Any:
    return json.loads(metafield.value) if metafield.type == "json" else metafield.value


def instant(moment: datetime) -> str:
    """A DateTime as Shopify writes it: whole seconds, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_OWNERS = ("Order", "Customer", "Product", "ProductVariant", "Company", "CompanyLocation", "Location")

TABLE: Table = {
    "QueryRoot.currentAppInstallation": _installation,
    "QueryRoot.shop": _shop,
    "QueryRoot.publicApiVersions": lambda _root, _info: [version(handle) for handle in (*VERSIONS, "unstable")],
    "InventoryAdjustmentGroup.app": lambda _group, _: _APP,
    "WebhookSubscription.apiVersion": lambda subscription, _: version(subscription.version),
    "WebhookSubscription.format": lambda _subscription, _: "JSON",
    "WebhookSubscription.metafieldNamespaces": lambda _subscription, _: [],
    "WebhookSubscription.topic": _topic,
    "Metafield.compareDigest": lambda metafield, _: notes.digest(metafield.value),
    "Metafield.jsonValue": _json_value,
    "Metafield.owner": lambda metafield, info: find(info.context.state, metafield.owner),
    "Metafield.ownerType": lambda metafield, _: notes.kind_of(metafield.owner),
    **{f"{owner}.metafield": _metafield for owner in _OWNERS},
    **{f"{owner}.metafields": _metafields for owner in _OWNERS},
}
