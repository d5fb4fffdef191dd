"""Khaos Control over its SOAP interface, KhaosWS: it takes orders and tells of stock and despatches."""

from khaossync.erp.khaosws.connector import build

__all__ = ["build"]
