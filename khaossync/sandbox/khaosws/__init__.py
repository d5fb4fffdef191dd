"""A Khaos Control server on loopback that speaks IKosWeb SOAP, strict and odd as the facts describe the real one."""

from khaossync.sandbox.khaosws.endpoint import CallRecord
from khaossync.sandbox.khaosws.habits import Habits, Verdict
from khaossync.sandbox.khaosws.records import Box, Customer, Invoice, Order, OrderLine, Payment, Portion
from khaossync.sandbox.khaosws.server import KhaosServer

__all__ = [
    "Box",
    "CallRecord",
    "Customer",
    "Habits",
    "Invoice",
    "KhaosServer",
    "Order",
    "OrderLine",
    "Payment",
    "Portion",
    "Verdict",
]
