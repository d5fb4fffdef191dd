"""XML that may be hostile is read without following it anywhere, and odd XML is read all the same."""

import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khaossync.erp.khaosws.markup import (
    UnintelligibleError,
    branch,
    child,
    children,
    content,
    document,
    legal,
    name,
    parse,
    value,
    written,
)

LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))


@pytest.mark.parametrize(
    "hostile",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/evil.dtd"><a/>',
        f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a>&l9;</a>',
        "<?xml version='1.0'?>\n<!-- <a> -->\n<?pi?>\n<!DOCTYPE a><a/>",
        "\ufeff<!doctype a><a/>",
        "<!DOC\x00TYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        "<!&#0;DOCTYPE a><a/>",
    ],
)
def test_a_doctype_is_refused_before_anything_is_parsed(hostile: str) -> None:
    began = time.monotonic()
    with pytest.raises(UnintelligibleError, match="DOCTYPE"):
        parse(hostile)
    assert time.monotonic() - began < 1


def test_an_undeclared_entity_is_refused() -> None:
    with pytest.raises(UnintelligibleError):
        parse("<a>&secret;</a>")


def test_an_include_is_text_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    root = parse(f'<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="{tmp_path}/secret" parse="text"/></a>')
    assert content(root) == ""


def test_a_web_page_pasted_into_a_description_is_only_text() -> None:
    root = parse("<A><LONG_DESC><![CDATA[<!DOCTYPE html><p>Mug & co</p>]]></LONG_DESC></A>")
    assert value(root, "LONG_DESC") == "<!DOCTYPE html><p>Mug & co</p>"


@pytest.mark.parametrize("hostile", ["<!--" * 100_000, "<!---->" * 100_000 + "<!", "<a>" * 5_000, "<" * 100_000])
def test_pathological_text_is_refused_quickly(hostile: str) -> None:
    began = time.monotonic()
    with pytest.raises(UnintelligibleError):
        parse(hostile)
    assert time.monotonic() - began < 2


def test_control_characters_in_a_description_do_not_hide_its_neighbours() -> None:
    root = parse("<A><B>one\x0b&#x1F;&#11;</B><B>two &#163;&#xFFFFFFFFF;</B></A>")
    assert [content(one) for one in children(root, "B")] == ["one", "two £"]


def test_a_declared_encoding_does_not_matter_to_text_that_is_decoded_already() -> None:
    assert content(parse('<?xml version="1.0" encoding="UTF-16"?><a>é</a>')) == "é"


def test_tags_are_found_by_local_name_whatever_their_namespace() -> None:
    root = parse('<n:A xmlns:n="urn:x" xmlns="urn:y"><!-- note --><B><n:C>found</n:C></B></n:A>')
    inner = child(root, "B", "C")
    assert name(root) == "A"
    assert inner is not None
    assert content(inner) == "found"
    assert child(root, "B", "missing", "C") is None


def test_a_figure_may_be_an_attribute_or_a_tag_and_blank_counts_as_absent() -> None:
    root = parse('<A LEVEL=" "><LEVEL> 5 </LEVEL><OTHER/></A>')
    assert value(root, "LEVEL") == "5"
    assert value(root, "OTHER", "LEVEL") == "5"
    assert value(root, "OTHER") == ""


@given(st.text(), st.text())
def test_any_text_survives_the_way_out_and_back(text: str, attribute: str) -> None:
    root = document("A")
    branch(root, "B", text, C=attribute)
    back = child(parse(written(root)), "B")
    assert back is not None
    assert content(back) == legal(text)
    assert back.get("C") == legal(attribute)


@given(st.text(alphabet=st.sampled_from("<>!?&;#x0-[]DOCTYPE a\x00\"'/=")))
def test_any_text_is_a_document_or_a_controlled_error(text: str) -> None:
    with suppress(UnintelligibleError):
        assert name(parse(text))
