"""A trading day: a shop's customers, a house full of people, and the proof read back from both systems."""

from khaossync.sandbox.day.evidence import HOLDING, Evidence, Law, Peak, ToldCase, World
from khaossync.sandbox.day.laws import prove, stock
from khaossync.sandbox.day.notes import Notes
from khaossync.sandbox.day.people import SECRET, Notice, People
from khaossync.sandbox.day.range import BUNDLES, GIFT_SET, MONEY_CODES, PLACES, RANGE, SKU_MAP, Product
from khaossync.sandbox.day.script import Day
from khaossync.sandbox.day.situations import SITUATIONS

__all__ = [
    "BUNDLES",
    "GIFT_SET",
    "HOLDING",
    "MONEY_CODES",
    "PLACES",
    "RANGE",
    "SECRET",
    "SITUATIONS",
    "SKU_MAP",
    "Day",
    "Evidence",
    "Law",
    "Notes",
    "Notice",
    "Peak",
    "People",
    "Product",
    "ToldCase",
    "World",
    "prove",
    "stock",
]
