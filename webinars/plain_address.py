"""One way of writing an email address, so that the same mailbox is the same person."""

import contextlib


def plain_address(address: str) -> str:
    """Lower case, the domain in its own letters, wide or narrow ones made equal, as in lists of addresses. Unchanged
    where the domain is none; the caller has checked the rest."""
    name, at, domain = address.strip().rpartition("@")
    if not domain.isascii():
        with contextlib.suppress(UnicodeError):
            domain = domain.encode("idna").decode("idna")
    return f"{name}{at}{domain}".lower()
