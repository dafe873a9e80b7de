"""Our side of TLS."""

from __future__ import annotations

import ssl
from pathlib import Path

from metering.errors import ConfigurationError


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 at least, which is what the gateways of the field reach; both files are PEM."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:
        raise ConfigurationError(
            f"The certificate {certificate} with the key {key} cannot be used: {error}. Both must be PEM "
            "files that this user may read, and the key the certificate's own, without a password."
        ) from error
    return context
