"""Whether a request may be sent once more: what every policy that does so has to heed."""

from typing import Final

from ..call.policy import AttemptOutcome

__all__ = ["FINAL_CODES", "final", "resendable", "unsafe"]

FINAL_CODES: Final = frozenset(
    {
        "access_terminated",
        "account_deactivated",
        "billing_hard_limit_reached",
        "billing_not_active",
        "insufficient_quota",
    }
)
"""Codes and types of errors, with a 429 among others, that waiting does not mend."""


def final(outcome: AttemptOutcome) -> str:
    """Return the code of an error that will be the same at the same endpoint again, or nothing."""
    error = outcome.error
    if error is None:
        return ""
    for code in (error.code, error.type):
        if code in FINAL_CODES:
            return code or ""
    return ""


def unsafe(outcome: AttemptOutcome, *, maybe_executed: bool) -> str:
    """Say why a request must not be sent again, or nothing where it may.

    A request that was not sent may, and so may one that was answered with an error status. What the
    server may have executed may only if its operation is safe to send twice, or if the caller says so.
    """
    if not outcome.replayable:
        return "the request's body cannot be sent twice"
    if outcome.sent == "no" or outcome.status is not None:
        return ""
    if maybe_executed or outcome.operation.safe:
        return ""
    return "the server may have executed it, and doing so twice was not allowed"


def resendable(status: int | None, statuses: frozenset[int], *, server_errors: bool) -> bool:
    """Whether an answer's status is one of those to try again after."""
    if status is None:
        return True
    return status in statuses or (server_errors and status >= 500)
