"""What every shop is set up with before it opens, and what is set up when it is first needed."""

from decimal import Decimal

from khaossync.sandbox.shopware.ids import SYSTEM_CURRENCY, SYSTEM_LANGUAGE, named
from khaossync.sandbox.shopware.machines import GOVERNED, machine_id, state_id, states, transitions
from khaossync.sandbox.shopware.state import State
from khaossync.sandbox.shopware.store import Row

_COUNTRIES = (
    ("GB", "GBR", "United Kingdom", False),
    ("IE", "IRL", "Ireland", True),
    ("DE", "DEU", "Germany", True),
    ("FR", "FRA", "France", True),
    ("JE", "JEY", "Jersey", False),
    ("US", "USA", "United States", False),
)
_CURRENCIES = (
    ("GBP", 1.0, "£", "Pound Sterling", 2),
    ("EUR", 1.17085, "€", "Euro", 2),
    ("USD", 1.3085, "$", "US Dollar", 2),
    ("SEK", 12.8, "kr", "Swedish Krona", 0),
)
_DOCUMENTS = (
    ("invoice", "Invoice"),
    ("delivery_note", "Delivery note"),
    ("credit_note", "Credit note"),
    ("storno", "Cancellation invoice"),
)
CHANNEL = named("sales_channel", "Storefront")
DELIVERY_TIME = named("delivery_time", "1-3 days")
SALUTATION = named("salutation", "not_specified")


def furnish(state: State) -> None:
    """Set up states, countries, currencies, a language, a sales channel and what belongs to them."""
    _machines(state)
    add = state.live.add
    locale = add("locale", {"id": named("locale", "en-GB"), "code": "en-GB", "name": "English", "territory": "UK"})
    add("language", {"id": SYSTEM_LANGUAGE, "localeId": locale["id"], "name": "English", "active": True})
    add("salutation", {"id": SALUTATION, "salutationKey": "not_specified", "displayName": "", "letterName": ""})
    add("delivery_time", {"id": DELIVERY_TIME, "name": "1-3 days", "min": 1, "max": 3, "unit": "day"})
    for iso, iso3, name, european in _COUNTRIES:
        row = {"id": named("country", iso), "iso": iso, "iso3": iso3, "name": name, "isEu": european, "active": True}
        add("country", {**row, "shippingAvailable": True, "addressFormat": []})
    for iso, factor, symbol, name, decimals in _CURRENCIES:
        _currency(state, iso, factor, symbol, name, decimals)
    for technical, name in _DOCUMENTS:
        add("document_type", {"id": named("document_type", technical), "technicalName": technical, "name": name})
    if state.setup.commercial:
        add("order_return_line_item_reason", {"id": named("reason", "unknown"), "reasonKey": "unknown"})
    _channel(state)


def _machines(state: State) -> None:
    for entity, (machine, first, _) in GOVERNED.items():
        key = machine_id(entity)
        row = {"id": key, "technicalName": machine, "name": machine, "initialStateId": state_id(entity, first)}
        state.live.add("state_machine", row)
        for place in states(entity):
            name = place.replace("_", " ").capitalize()
            row = {"id": state_id(entity, place), "technicalName": place, "name": name, "stateMachineId": key}
            state.live.add("state_machine_state", row)
        for action, origin, target in transitions(entity):
            row = {"id": named("transition", f"{machine}/{action}/{origin}"), "actionName": action}
            ends = {"fromStateId": state_id(entity, origin), "toStateId": state_id(entity, target)}
            state.live.add("state_machine_transition", {**row, **ends, "stateMachineId": key})


def _currency(state: State, iso: str, factor: float, symbol: str, name: str, decimals: int) -> None:
    rounding = {"decimals": decimals, "interval": 0.01, "roundForNet": True, "extensions": []}
    row = {"id": currency_id(iso), "isoCode": iso, "factor": factor, "symbol": symbol, "name": name, "shortName": iso}
    rest = {"itemRounding": rounding, "totalRounding": rounding, "position": 1, "taxFreeFrom": 0}
    state.live.add("currency", {**row, **rest, "isSystemDefault": iso == "GBP"})


def currency_id(iso: str) -> str:
    """The id of a currency; the system's own has the same in every shop."""
    return SYSTEM_CURRENCY if iso == "GBP" else named("currency", iso)


def _channel(state: State) -> None:
    method = shipping_method(state, "Standard")
    row = {"id": CHANNEL, "typeId": named("type", "storefront"), "name": "Storefront", "active": True}
    defaults = {"languageId": SYSTEM_LANGUAGE, "currencyId": SYSTEM_CURRENCY, "countryId": named("country", "GB")}
    others = {"customerGroupId": named("group", "all"), "navigationCategoryId": named("category", "root")}
    methods = {"paymentMethodId": payment_method(state, "payment_card")["id"], "shippingMethodId": method["id"]}
    keys = {"accessKey": "SWSC" + named("key", CHANNEL)[:20].upper(), "homeEnabled": True, "maintenance": False}
    listed = {"shippingMethodIds": [method["id"]], "taxCalculationType": "horizontal"}
    state.live.add("sales_channel", {**row, **defaults, **others, **methods, **keys, **listed})


def tax(state: State, rate: Decimal) -> Row:
    """The tax of a rate (0.2 is 20 %), set up when first asked for."""
    told = float(rate * 100)
    found = state.live.get("tax", named("tax", repr(told)))
    row = {"id": named("tax", repr(told)), "taxRate": told, "name": f"{told:g} %", "position": 1}
    return found or state.live.add("tax", row)


def shipping_method(state: State, name: str) -> Row:
    """A delivery method by its name or technical name, set up when first asked for."""
    for row in state.live.rows("shipping_method"):
        if name in (row["name"], row["technicalName"]):
            return row
    return add_shipping_method(state, name, "shipping_" + name.lower().replace(" ", "_"))


def add_shipping_method(state: State, name: str, technical: str | None) -> Row:
    """A new delivery method; before 6.7 it may have no technical name."""
    position = state.live.count("shipping_method") + 1
    row = {"id": state.ids.new(), "name": name, "technicalName": technical, "active": True, "position": position}
    channels = {"deliveryTimeId": DELIVERY_TIME, "taxType": "auto", "salesChannelIds": [CHANNEL]}
    return state.live.add("shipping_method", {**row, **channels})


def payment_method(state: State, technical: str) -> Row:
    """A way to pay, set up when first asked for."""
    name = technical.removeprefix("payment_").replace("_", " ").capitalize()
    row: Row = {
        "id": named("payment", technical),
        "technicalName": technical,
        "name": name,
        "active": True,
        "position": 1,
    }
    shown = {"distinguishableName": name, "afterOrderEnabled": True, "shortName": technical.removeprefix("payment_")}
    handler = {"handlerIdentifier": "sandbox", "formattedHandlerIdentifier": "handler_sandbox"}
    return state.live.get("payment_method", row["id"]) or state.live.add("payment_method", {**row, **shown, **handler})


def tag(state: State, name: str) -> str:
    """The id of a tag."""
    key = named("tag", name)
    return str((state.live.get("tag", key) or state.live.add("tag", {"id": key, "name": name}))["id"])
