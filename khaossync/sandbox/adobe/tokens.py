"""The calls that need no token: those that give one, and the page that tells the version."""

import json
from typing import Any

from aiohttp import web

from khaossync.sandbox.adobe.access import Access
from khaossync.sandbox.adobe.bodies import ADMIN, check
from khaossync.sandbox.adobe.errors import Refusal

PATHS = {"/magento_version": "version", "/ims/token/v3": "IMS token"}
"""What is outside the API, with the names by which faults know it."""

ADMIN_TOKEN = "integration/admin/token"  # noqa: S105  a path


async def ims_token(access: Access, request: web.Request) -> tuple[Any, int]:
    """A token for who names itself rightly.

    https://developer.adobe.com/commerce/webapi/rest/authentication/server-to-server/
    """
    form = await request.post()
    if not access.knows_client(dict(form)):
        return {"error": "invalid_client", "error_description": "invalid client_id parameter"}, 401
    seconds = int(access.lifetime.total_seconds())
    return {"access_token": access.give_token(), "token_type": "bearer", "expires_in": seconds}, 200


def admin_token(access: Access, told: Any) -> str:
    """A token for the API user. Raises Refusal."""
    check(told, ADMIN)
    if not access.knows_admin(told["username"], told["password"]):
        text = "The account sign-in was incorrect or your account is disabled temporarily."
        raise Refusal(401, f"{text} Please wait and try again later.")
    return access.give_token()


def read_json(body: bytes) -> Any:
    """A request's body, None if it has none. Raises Refusal."""
    try:
        return json.loads(body) if body else None
    except ValueError as broken:
        raise Refusal(400, f"Decoding error: {broken}") from broken
