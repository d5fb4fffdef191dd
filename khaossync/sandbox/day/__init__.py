"""A trading day: the customers of shops, a house full of people, and the proof read back from all systems."""

from khaossync.sandbox.day.evidence import HOLDING, Evidence, Law, Peak, ToldCase, World
from khaossync.sandbox.day.laws import prove, stock
from khaossync.sandbox.day.notes import Notes
from khaossync.sandbox.day.outlets import Outlet, adobe, shopify, shopware
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
    "shopify",
    "shopware",
    "stock",
]
