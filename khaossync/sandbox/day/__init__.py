"""A trading day: the customers of shops, a house full of people, and the proof read back from all systems."""

from khaossync.sandbox.day.evidence import HOLDING, Evidence, Law, Peak, ToldCase, World
from khaossync.sandbox.day.laws import prove, prove_house, prove_shop, stock
from khaossync.sandbox.day.notes import Notes
from khaossync.sandbox.day.outlets import SOURCES, Outlet, adobe, shopify, shopware
from khaossync.sandbox.day.people import SECRET, Notice, People
from khaossync.sandbox.day.range import BUNDLES, GIFT_SET, MONEY_CODES, PLACES, RANGE, SKU_MAP, Product
from khaossync.sandbox.day.script import Day

__all__ = [
    "BUNDLES",
    "GIFT_SET",
    "HOLDING",
    "MONEY_CODES",
    "PLACES",
    "RANGE",
    "SECRET",
    "SKU_MAP",
    "SOURCES",
    "Day",
    "Evidence",
    "Law",
    "Notes",
    "Notice",
    "Outlet",
    "Peak",
    "People",
    "Product",
    "ToldCase",
    "World",
    "adobe",
    "prove",
    "prove_house",
    "prove_shop",
    "shopify",
    "shopware",
    "stock",
]
