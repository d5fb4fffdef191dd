"""Who looks after what: the people that a case is for."""

from enum import StrEnum


class Owner(StrEnum):
    """Who is asked to act; an install may name other people per case class in `[owners]`."""

    OPERATIONS = "operations"
    FINANCE = "finance"
    ECOMMERCE = "ecommerce"
    WAREHOUSE = "warehouse"
    CUSTOMER_SERVICE = "customer service"
    PLATFORM = "platform admin"
