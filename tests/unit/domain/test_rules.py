"""The rules of a channel translate both ways."""

from examples import rules
from hypothesis import given
from hypothesis import strategies as st

from khaossync.domain.rules import Rules

CODES = st.dictionaries(st.text("abc", min_size=1), st.text("XYZ", min_size=1)).filter(
    lambda skus: len(set(skus.values())) == len(skus)
)


@given(skus=CODES, sku=st.text("abc", min_size=1))
def test_a_sku_comes_back_from_its_stock_code(skus: dict[str, str], sku: str) -> None:
    """ADB-26: one to one."""
    channel = rules(skus=skus)
    assert channel.sku(channel.stock_code(sku)) == sku


def test_a_stock_code_whose_name_is_the_sku_of_other_goods_is_sold_under_no_sku() -> None:
    """ADB-26: with MUG mapped to MUG-2, the ERP's own MUG must never set the stock of the shop's MUG."""
    channel = rules(skus={"MUG": "MUG-2"})
    assert (channel.sku("MUG-2"), channel.sku("MUG"), channel.sku("CUP")) == ("MUG", "", "CUP")


def test_an_erp_serves_the_channels_that_name_it() -> None:
    one, two, other = rules(), rules(channel="market"), rules(channel="far", erp="cloud")
    assert Rules.of([one, two, other]).of_erp("khaos") == (one, two)
