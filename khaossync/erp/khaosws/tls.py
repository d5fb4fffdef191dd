"""How the server proves who it is: an authority of one's own, or the fingerprint of its very certificate."""

import hashlib
import hmac
import ssl

from khaossync.domain.errors import ConfigError
from khaossync.erp.khaosws.config import Settings


def context(name: str, settings: Settings) -> ssl.SSLContext:
    """The TLS context of these settings; verification is never off. Raises ConfigError for files that are no use.

    The vendor installs KhaosWS with a self-signed certificate whose name seldom fits the host: `fingerprint`
    takes exactly that certificate, whatever it says of itself.
    """
    try:
        made = ssl.create_default_context(cafile=settings.ca_file)
        if settings.client_certificate:
            made.load_cert_chain(settings.client_certificate, settings.client_key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{name}: cannot use the certificate files (ca_file, client_certificate): {error}") from error
    if settings.fingerprint:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        made.sslobject_class = _pinned(bytes.fromhex(settings.fingerprint))
    return made


def _pinned(expected: bytes) -> type[ssl.SSLObject]:
    class Pinned(ssl.SSLObject):
        """A TLS connection that ends with the handshake unless the certificate is the expected one."""

        def do_handshake(self) -> None:
            super().do_handshake()
            shown = hashlib.sha256(self.getpeercert(binary_form=True) or b"").digest()
            if not hmac.compare_digest(shown, expected):
                raise ssl.SSLCertVerificationError(
                    f"the server shows the certificate {shown.hex()}; if it was renewed, check with its owner and "
                    "write this as `fingerprint`"
                )

    return Pinned
