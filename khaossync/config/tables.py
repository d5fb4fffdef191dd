"""What every channel and every ERP says about itself, whatever its kind."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator


class Table(BaseModel):
    """A table of the configuration file; a key that it does not know is an error."""

    # Inputs are hidden because a mistyped key may hold a secret.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


Text = Annotated[str, Field(min_length=1)]
Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Rate = Annotated[Decimal, Field(ge=0, le=1)]


Units = Annotated[int, Field(ge=0, le=100_000)]


class PeakTable(Table):
    """`[channel.<name>.peaks.<peak>]`: a time in which at least `buffer` units of every SKU are never shown."""

    begins_at: Instant = Field(description="When it begins; with its zone.")
    ends_at: Instant = Field(description="When it is over; with its zone.")
    buffer: Units = Field(description="The least units of every SKU that are never shown meanwhile.")

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.ends_at <= self.begins_at:
            raise ValueError("a peak must end after it begins")
        return self


class ErpTable(Table):
    """`[erp.<name>]`: its kind; every other key belongs to the kind's own Settings."""

    kind: str = Field(description="Which interface of the ERP: the name of a folder in khaossync/erp.")


class ChannelTable(Table):
    """`[channel.<name>]`: how the channel meets its ERP; every other key belongs to the kind's own Settings.

    The fields are those of `domain.rules.ChannelRules`, which says what they mean.
    """

    kind: str = Field(description="Which platform: the name of a folder in khaossync/channels.")
    erp: str = Field(description="The name of the [erp.<name>] table that this channel's orders go to.")
    prefix: str = Field(
        pattern=r"^[A-Z0-9]{1,6}$",
        description="1 to 6 capital letters or digits, such as SH, that begin every order reference in the ERP.",
    )
    go_live_at: Instant = Field(
        description="Orders placed before this instant are left alone; with its zone, such as 2026-11-01T00:00:00Z."
    )
    currencies: frozenset[Currency] = Field(
        min_length=1, description='The currencies whose orders are taken, such as ["GBP"].'
    )
    accept_authorised: bool = Field(
        default=True, description="Whether an order is taken when its payment is authorised but not yet captured."
    )
    accept_on_terms: bool = Field(
        default=False, description="Whether an order is taken that is agreed to be paid later (on account)."
    )
    hold_seconds: int = Field(
        default=0,
        ge=0,
        le=604_800,
        description="Seconds after its placing for which an order stays with the shop, for fraud screening and second "
        "thoughts; 0 sends it at once.",
    )
    hold_investigated: bool = Field(
        default=True, description="Whether an order that the shop's fraud screening wants looked at waits for a person."
    )
    release_tag: Text = Field(
        default="release-to-erp",
        description="The tag by which a person in the shop lets an order go despite its risk or its hold.",
    )
    skus: dict[Text, Text] = Field(
        default={}, description="SKU = stock code, for those that differ; each stock code once."
    )
    bundles: dict[Text, dict[Text, Annotated[int, Field(ge=1, le=10_000)]]] = Field(
        default={}, description="SKU of a set that only the shop knows = its stock codes, each with its units in a set."
    )
    companies: dict[Text, Text] = Field(
        default={}, description="Id or code of a business customer in the shop = its customer code in the ERP."
    )
    couriers: dict[Text, Text] = Field(default={}, description="Delivery method of the channel = courier of the ERP.")
    default_courier: str = Field(
        default="", description="The courier for a delivery method without one; empty makes such an order a case."
    )
    discount_code: Text = Field(default="DISCOUNT", description="The non-stock code that books discounts.")
    money_codes: dict[Text, Text] = Field(
        default={}, description="Extra part of an order (tip, gift_card, …) = the non-stock code that books it."
    )
    tax_codes: dict[Rate, Annotated[int, Field(ge=1, le=999)]] = Field(
        default={}, description='Tax rate between "0" and "1" = tax code of the ERP, such as "0.20" = 1.'
    )
    sites: dict[Text, Annotated[tuple[Text, ...], Field(min_length=1)]] = Field(
        default={}, description="Location of the channel = list of the ERP sites whose stock it shows."
    )
    buffer: Units | None = Field(
        default=None, description="Units of each SKU that are never shown; left out, those of the table [stock]."
    )
    buffers: dict[Text, Units] = Field(
        default={}, description="SKU = units of it that are never shown, where that differs."
    )
    peaks: dict[Text, PeakTable] = Field(default={}, description="Times of heavy sale by name, in which more is held.")
    site: str = Field(default="", description="The ERP site that orders are placed on; empty leaves it to the ERP.")
    sales_source: str = Field(default="", description="The ERP's sales source of these orders; empty sends none.")
    company_class: str = Field(default="", description="The ERP's class of new customers; empty sends none.")
    total_tolerance: Decimal = Field(
        default=Decimal(0),
        ge=0,
        le=1,
        description="By how much an order's total may differ from ours before it becomes a case; in its currency.",
    )
    tax_tolerance: Decimal = Field(
        default=Decimal("0.05"),
        ge=0,
        le=1,
        description="By how much an order's tax may differ from ours before it becomes a case; in its currency.",
    )
