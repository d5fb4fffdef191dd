"""Where the API lives: on premises under /rest/<store>, in Adobe's cloud service under the tenant's id.

https://developer.adobe.com/commerce/webapi/get-started/gs-web-api-request/
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from khaossync.sandbox.adobe.errors import Refusal

STORES = frozenset({"all", "default"})


@dataclass(frozen=True, slots=True)
class Address:
    """A path of the API without its prefix: `orders/12`. `is_bulk` is an asynchronous call with many bodies."""

    path: str
    store: str = "default"
    is_async: bool = False
    is_bulk: bool = False

    def check(self) -> None:
        """Raises Refusal for a store that there is not."""
        if self.store not in STORES:
            raise Refusal(404, "The store that was requested wasn't found. Verify the store and try again.")


class Premises:
    """Open Source, and Adobe Commerce on premises or as a platform."""

    _prefix = re.compile(r"/rest/(?:(?P<store>[a-z]\w*)/)??(?:(?P<kind>async(?:/bulk)?)/)?V1/(?P<rest>.+)")

    def read(self, path: str, _headers: Mapping[str, str]) -> Address | None:
        """What a path means; None if it is none of the API's."""
        found = self._prefix.fullmatch(path)
        return _address(found, found["store"] or "default") if found else None


class Cloud:
    """Adobe Commerce as a Cloud Service: the store is a header, and the version comes before `async`."""

    def __init__(self, tenant: str) -> None:
        self._prefix = re.compile(rf"/{re.escape(tenant)}/V1/(?:(?P<kind>async(?:/bulk)?)/)?(?P<rest>.+)")

    def read(self, path: str, headers: Mapping[str, str]) -> Address | None:
        """What a path means; None if it is none of the API's."""
        found = self._prefix.fullmatch(path)
        return _address(found, headers.get("Store", "default")) if found else None


def _address(found: "re.Match[str]", store: str) -> Address:
    return Address(found["rest"], store, bool(found["kind"]), found["kind"] == "async/bulk")
