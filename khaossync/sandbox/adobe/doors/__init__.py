"""The calls that the API knows, by subject: each is a method, a path, the right that it needs, and what it does."""

from khaossync.sandbox.adobe.doors import catalogue, documents, house, orders, stock
from khaossync.sandbox.adobe.doors.calls import Call, Route

ROUTES: tuple[Route, ...] = (
    *house.ROUTES,
    *orders.ROUTES,
    *documents.ROUTES,
    *catalogue.ROUTES,
    *stock.ROUTES,
)

__all__ = ["ROUTES", "Call", "Route"]
