"""A private PostgreSQL for people who have none: started with the daemon, reachable by its socket only."""

from khaossync.embedded.server import Server
from khaossync.embedded.sockets import running

__all__ = ["Server", "running"]
