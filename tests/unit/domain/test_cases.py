"""Every case has an owner and a recipe."""

from khaossync.domain.cases import PLAYBOOKS, Case, CaseClass


def test_every_class_has_a_playbook_with_a_recipe() -> None:
    """ADB-20, MKP-13: an owner for each part of the process."""
    assert set(PLAYBOOKS) == set(CaseClass)
    assert all(book.title and book.recipe.endswith(".") for book in PLAYBOOKS.values())


def test_a_case_knows_its_playbook() -> None:
    case = Case(CaseClass.UNMAPPED_SKU, "shop", "shop:1", "no stock code X")
    assert case.playbook is PLAYBOOKS[CaseClass.UNMAPPED_SKU]
