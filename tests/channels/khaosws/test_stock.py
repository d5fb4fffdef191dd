"""Stock levels and stock items, read from what Khaos Control exports."""

from decimal import Decimal

import pytest

from khaossync.domain.stock import StockItem, StockLevel
from khaossync.erp.khaosws.mapping import items, statuses, stock_item, stock_level
from khaossync.erp.khaosws.markup import UnintelligibleError, parse


def level(row: str, formula: str = "level") -> StockLevel:
    found = statuses(parse(f"<STOCK_STATUS SITE='Main'>{row}</STOCK_STATUS>"))
    ((code, element),) = found.items()
    return stock_level(code, {"1": element}, "level_plus_children" if formula != "level" else "level")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ('<STOCK_ITEM CODE="A/1 x" ID="5"><LEVEL>7.00</LEVEL><STATUS>0</STATUS></STOCK_ITEM>', "7"),
        ('<STOCK_ITEM CODE="A/1 x"><NEW_TAG/><LEVEL>-3</LEVEL></STOCK_ITEM>', "-3"),
        ('<STOCK_ITEM CODE="A/1 x" LEVEL="2.5"/>', "2.5"),
        ('<n:STOCK_ITEM xmlns:n="urn:n" CODE="A/1 x"><n:LEVEL><![CDATA[4]]></n:LEVEL></n:STOCK_ITEM>', "4"),
    ],
)
def test_a_level_is_what_is_free_to_sell(row: str, expected: str) -> None:
    assert level(row) == StockLevel("A/1 x", {"1": Decimal(expected)})


def test_what_could_be_built_counts_only_where_it_is_asked_for() -> None:
    row = '<STOCK_ITEM CODE="KIT"><LEVEL>1</LEVEL><BUILD_POTENTIAL_CHILDREN>4</BUILD_POTENTIAL_CHILDREN></STOCK_ITEM>'
    assert level(row).available == {"1": Decimal(1)}
    assert level(row, "level_plus_children").available == {"1": Decimal(5)}


def test_an_item_without_stock_control_says_so() -> None:
    assert not level('<STOCK_ITEM CODE="SVC"><LEVEL>0</LEVEL><STATUS>5</STATUS></STOCK_ITEM>').controlled


def test_a_pack_header_without_level_tells_nothing_for_its_site() -> None:
    assert level('<STOCK_ITEM CODE="PACK"><LEVEL/></STOCK_ITEM>').available == {}


def test_a_level_per_site_is_kept_per_site() -> None:
    one, two = (parse(f'<STOCK_ITEM CODE="A"><LEVEL>{count}</LEVEL></STOCK_ITEM>') for count in (1, 2))
    assert stock_level("A", {"1": one, "2": two}, "level").available == {"1": Decimal(1), "2": Decimal(2)}


@pytest.mark.parametrize(
    "row", ['<STOCK_ITEM CODE="A"><LEVEL>lots</LEVEL></STOCK_ITEM>', "<STOCK_ITEM><LEVEL>1</LEVEL></STOCK_ITEM>"]
)
def test_a_level_that_cannot_be_understood_is_refused(row: str) -> None:
    with pytest.raises(UnintelligibleError):
        level(row)


def read(text: str) -> list[StockItem]:
    return [stock_item(record, style) for _, record, style in items(parse(f"<STOCK_ITEMS>{text}</STOCK_ITEMS>"))]


def test_a_stock_item_tells_whether_it_can_be_sold() -> None:
    """S-9: discontinued, run to zero and deleted items are known before an order is sent."""
    (item,) = read(
        "<STOCK_ITEM><STOCK_CODE>MUG</STOCK_CODE><STOCK_DESC><![CDATA[Mug & saucer]]></STOCK_DESC>"
        "<DELETED>0</DELETED><DISCONTINUED>-1</DISCONTINUED><RUN_TO_ZERO>True</RUN_TO_ZERO>"
        "<STOCK_CONTROLLED>0</STOCK_CONTROLLED><UNHEARD x='1'/></STOCK_ITEM>"
    )
    assert item == StockItem("MUG", "Mug & saucer", discontinued=True, run_to_zero=True, controlled=False)


def test_what_is_not_said_is_the_ordinary_case() -> None:
    assert read("<STOCK_ITEM><STOCK_CODE>MUG</STOCK_CODE></STOCK_ITEM>") == [StockItem("MUG", "")]


@pytest.mark.parametrize(("told", "web"), [("<WEB>-1</WEB>", True), ("<WEB>0</WEB>", False), ("", None)])
def test_an_item_tells_whether_it_is_meant_for_the_web(told: str, web: bool | None) -> None:
    (item,) = read(f"<STOCK_ITEM><STOCK_CODE>MUG</STOCK_CODE>{told}</STOCK_ITEM>")
    assert item.web is web


def test_another_word_about_the_web_does_not_make_an_item_unreadable() -> None:
    (item,) = read("<STOCK_ITEM><STOCK_CODE>MUG</STOCK_CODE><WEB>perhaps</WEB></STOCK_ITEM>")
    assert item.web is None


def test_only_pack_links_make_a_pack() -> None:
    links = "".join(
        f"<LINK_ITEM><STOCK_CODE>{code}</STOCK_CODE><LINK_TYPE>{kind}</LINK_TYPE><LINK_VALUE>{count}</LINK_VALUE></LINK_ITEM>"
        for code, kind, count in (
            ("TEA", 3, "2.0"),
            ("CUP", 3, "1"),
            ("POT", 1, ""),
            ("JAM", 2, ""),
            ("TEA", 3, "1"),
            ("BOX", 3, "0"),
        )
    )
    (item,) = read(f"<STOCK_ITEM><STOCK_CODE>SET</STOCK_CODE><LINKED_ITEMS>{links}</LINKED_ITEMS></STOCK_ITEM>")
    assert item.pack == {"CUP": Decimal(1), "TEA": Decimal(3)}


def test_variants_inside_their_style_are_items_too() -> None:
    found = read(
        "<STOCK_ITEM><STOCK_CODE>TEE</STOCK_CODE><STOCK_DESC>T-shirt</STOCK_DESC><DISCONTINUED>-1</DISCONTINUED><SCS>"
        "<HEADING LEVEL='1'>Size</HEADING><STYLE><SCS_ITEM STOCK_CODE='TEE-S'/><STYLE><SCS_ITEM>"
        "<STOCK_CODE>TEE-M</STOCK_CODE><DISCONTINUED>0</DISCONTINUED></SCS_ITEM></STYLE></STYLE></SCS></STOCK_ITEM>"
    )
    assert [(one.stock_code, one.description, one.discontinued) for one in found] == [
        ("TEE", "T-shirt", True),
        ("TEE-S", "T-shirt", True),
        ("TEE-M", "T-shirt", False),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        "<STOCK_ITEM/>",
        "<STOCK_ITEM><STOCK_CODE>A</STOCK_CODE><DELETED>maybe</DELETED></STOCK_ITEM>",
        "<STOCK_ITEM><STOCK_CODE>A</STOCK_CODE><LINKED_ITEMS><LINK_ITEM><LINK_TYPE>3</LINK_TYPE></LINK_ITEM></LINKED_ITEMS></STOCK_ITEM>",
    ],
)
def test_an_item_that_cannot_be_understood_is_refused(broken: str) -> None:
    with pytest.raises(UnintelligibleError):
        read(broken)
