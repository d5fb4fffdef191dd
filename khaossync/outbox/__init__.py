"""The only room that speaks SQL: what came in, what must go out, and what became of it, in PostgreSQL.

The daemon uses `open_outbox`. People's commands need no ownership: `open_database`, then the functions below.
"""

from khaossync.outbox.auditing import Verified, anchor, verify
from khaossync.outbox.copying import copy
from khaossync.outbox.counting import Status, status
from khaossync.outbox.database import Database, DatabaseSettings, open_database
from khaossync.outbox.desk import ignore_case, list_cases, retry_case, show_case
from khaossync.outbox.erasing import Erased, erase, orders_of
from khaossync.outbox.examining import Examination, examine
from khaossync.outbox.migrate import ensure_current, migrate
from khaossync.outbox.outbox import PostgresOutbox, open_outbox
from khaossync.outbox.pulsing import Ages
from khaossync.outbox.releasing import release_after_change
from khaossync.outbox.retention import Retention
from khaossync.outbox.running import begin_run, end_run
from khaossync.outbox.sharing import CHORES
from khaossync.outbox.surveying import Survey, delivery_methods, survey
from khaossync.outbox.tracing import Trace, trace

__all__ = [
    "CHORES",
    "Ages",
    "Database",
    "DatabaseSettings",
    "Erased",
    "Examination",
    "PostgresOutbox",
    "Retention",
    "Status",
    "Survey",
    "Trace",
    "Verified",
    "anchor",
    "begin_run",
    "copy",
    "delivery_methods",
    "end_run",
    "ensure_current",
    "erase",
    "examine",
    "ignore_case",
    "list_cases",
    "migrate",
    "open_database",
    "open_outbox",
    "orders_of",
    "release_after_change",
    "retry_case",
    "show_case",
    "status",
    "survey",
    "trace",
    "verify",
]
