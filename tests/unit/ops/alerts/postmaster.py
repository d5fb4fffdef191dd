"""A postmaster: a mail server on loopback that takes just enough of SMTP to be handed a letter."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast


@dataclass
class Postmaster:
    """Refuses the mailboxes in `refused`, any other login than `login`, and everything unless encrypted where it can.

    What was taken: `letters` with the mailboxes of each, and whether they came encrypted.
    """

    trust: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    refused: tuple[str, ...] = ()
    starttls: bool = True
    port: int = 0
    letters: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # a client that does not trust us hangs up
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mailboxes: list[str] = []
        self._say(writer, "220 post")
        while line := (await reader.readline()).decode().strip():
            word = line.split()[0].upper()
            self.words.append(word)
            if word == "STARTTLS":
                self._say(writer, "220 go on")
                await writer.start_tls(cast("ssl.SSLContext", self.trust))
            elif word == "RCPT":
                mailbox = line.partition("<")[2].partition(">")[0]
                good = mailbox not in self.refused
                mailboxes += [mailbox] if good else []
                self._say(writer, "250 ok" if good else f"550 no {mailbox}")
            elif word == "DATA":
                self._say(writer, "354 go on")
                raw = await reader.readuntil(b"\r\n.\r\n")
                self.letters.append((mailboxes, message_from_bytes(raw[:-5], policy=policy.default)))
                self._say(writer, "250 taken")
            elif word == "AUTH":
                self._say(writer, "235 come in" if self._knows(line) else "535 who are you, wren@example.com")
            elif word == "QUIT":
                return self._say(writer, "221 bye")
            else:
                self._say(writer, *self._offers() if word == "EHLO" else ["250 ok"])
        return None

    def _offers(self) -> list[str]:
        offers = ["post"]
        if self.trust and self.starttls and "STARTTLS" not in self.words:
            offers.append("STARTTLS")
        if self.login:
            offers.append("AUTH PLAIN")
        return [f"250{'-' if offer != offers[-1] else ' '}{offer}" for offer in offers]

    def _knows(self, line: str) -> bool:
        _, name, password = base64.b64decode(line.split()[2]).decode().split("\0")
        return (name, password) == self.login

    def _say(self, writer: asyncio.StreamWriter, *lines: str) -> None:
        writer.write("".join(f"{line}\r\n" for line in lines).encode())


@asynccontextmanager
async def at_work(postmaster: Postmaster) -> AsyncIterator[Postmaster]:
    """Let it work while the block lasts."""
    encrypted_at_once = postmaster.trust if not postmaster.starttls else None
    server = await asyncio.start_server(postmaster.serve, "127.0.0.1", 0, ssl=encrypted_at_once)
    postmaster.port = server.sockets[0].getsockname()[1]
    async with server:
        yield postmaster
