"""What can become of a request to somebody else's server; every text is for people to read."""

from __future__ import annotations


class OutboundError(Exception):
    """No answer came; the text says why. `may_pass`: the same request may work a little later."""

    may_pass = False


class OutboundRefusedError(OutboundError):
    """We do not go there, or do not take what came: the address, the scheme, a redirect."""


class OutboundTooLargeError(OutboundError):
    """The answer is larger than we read."""


class OutboundTimeoutError(OutboundError):
    """The time for the whole request ended."""

    may_pass = True


class OutboundUnreachableError(OutboundError):
    """No connection: no such name, nobody there, no valid certificate."""

    may_pass = True


class OutboundBrokenError(OutboundError):
    """The connection ended early, or what came was no HTTP."""

    may_pass = True
