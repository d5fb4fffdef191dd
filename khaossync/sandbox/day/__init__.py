"""A trading day: a shop's customers and a warehouse's people, and the proof read back from both systems."""

from khaossync.sandbox.day.customers import SITUATIONS
from khaossync.sandbox.day.proof import Law, OpenCase, World, prove
from khaossync.sandbox.day.range import GIFT_SET, RANGE, SKU_MAP, Product
from khaossync.sandbox.day.script import Day

__all__ = ["GIFT_SET", "RANGE", "SITUATIONS", "SKU_MAP", "Day", "Law", "OpenCase", "Product", "World", "prove"]
