"""The relay's own certificate, where no proxy stands before it.

Promises: a certificate that cannot be used is known before anything listens; one that was renewed
is read again without ending a connection, and if it cannot be used the old one stays.
"""

import ssl


class Certificate:
    """`key_file` "" when the key lies in `file`, behind the chain."""

    def __init__(self, file: str, key_file: str = "") -> None:
        self.file, self.key_file = file, key_file or None

    def check(self) -> None:
        """OSError, or its kind ssl.SSLError, unless the files fit each other."""
        self.load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))

    def renew(self, context: ssl.SSLContext) -> None:
        """For connections from now on; as `check`, and then nothing has changed."""
        self.check()
        self.load_into(context)

    def load_into(self, context: ssl.SSLContext) -> None:
        # Without an answer of our own OpenSSL would ask at the terminal for a password.
        context.load_cert_chain(self.file, self.key_file, password=_no_password)


def _no_password() -> str:
    raise PermissionError(0, "the key is locked by a password, and nobody could enter it")
