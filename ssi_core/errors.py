"""Every failure this toolkit reports on purpose, as one tree.

* SsiError
  + MalformedError              the bytes are not what their specification says they are
    - ContextError              a JSON-LD context that is not known here, or may not be used so
    - DataLossError             in another form, part of the document would be lost or changed
    - DidResolutionError        no document, by a name that DID resolution has for the reason
    - WorkLimitError            the input is built, or happens, to take more work than allowed
  + RejectedError               understood, checked and refused
    - ProofError                a proof is missing, does not hold, or was made for something else
      * AlgorithmError          an algorithm that this caller does not accept
      * DisclosureError         a disclosure that no digest names, or one that names itself twice
      * HolderBindingError      key binding is missing, or made by another key
      * AudienceError, NonceError, ReplayError   made for another recipient, or request; seen before
      * LogProofError           a Merkle proof or checkpoint signature does not hold
        + ForkError             a log's tree does not continue one that it had before
    - NotYetValidError, ExpiredError, RevokedError, SuspendedError
    - TrustError, AccreditationError   the issuer is not accepted; no accreditation covers it
    - StaleError, QueryError    known, but from too long ago; no answer to what was asked
    - ConsentError, GrantNotLoggedError   no grant permits this; the log does not contain it
    - OAuthError                an OAuth or OpenID endpoint refused, by a code of its own
    - DeactivatedError, DidMethodError   the DID is deactivated, or its method not resolved here
    - AuthenticationError       the caller did not show who it is
    - NotFoundError             there is no such thing here
      * RedactedError           ... any more: it was dropped on purpose
  + ConflictError, OverloadedError   someone else was first; too much is waiting
  + UnavailableError            we could not find out; callers treat this as "no"
    - GoneError, StatusUndeterminedError   it went with its whole log; a list could not be read
    - ConsentUndeterminedError  whether a grant permits this could not be found out
"""

from typing import ClassVar


class SsiError(Exception):
    """Base of the tree: catch it, never raise it.

    `reason` and `at` reach strangers: they name rules and fields, and no value, which is disclosed.
    `receipt` is what who refused, or put off, has signed about it, where they did.
    """

    code: ClassVar[str] = "internal"
    receipt: str | None = None

    def __init__(self, reason: str, *, at: str | None = None) -> None:
        super().__init__(reason if at is None else f"{reason} (at {at})")
        self.reason = reason
        self.at = at


class MalformedError(SsiError):
    """The input breaks a MUST of its specification; retrying cannot help."""

    code = "malformed"


class ContextError(MalformedError):
    """A JSON-LD context is not known here, is not one, or may not be used in this way."""

    code = "context_refused"


class DataLossError(MalformedError):
    """Reading as JSON-LD (VC Data Integrity 2.5.3) or as grants would drop or change data."""

    code = "data_loss"


class DidResolutionError(MalformedError):
    """A DID or DID URL does not resolve as asked; `error` is DID resolution's name for it."""

    code = "did_resolution_refused"

    def __init__(self, reason: str, *, at: str | None = None, error: str = "invalidDid") -> None:
        super().__init__(reason, at=at)
        self.error = error


class WorkLimitError(MalformedError):
    """The input asks for more work than an honest one does."""

    code = "too_much_work"


class RejectedError(SsiError):
    """The input was understood and a check said no."""

    code = "rejected"


class ProofError(RejectedError):
    """A proof is missing, does not hold, or was made for another purpose."""

    code = "proof_rejected"


class AlgorithmError(ProofError):
    """The algorithm is not among those that this caller accepts."""

    code = "algorithm_rejected"


class DisclosureError(ProofError):
    """A disclosure is referenced by no digest, or by more than one (RFC 9901 section 7.1)."""

    code = "disclosure_rejected"


class HolderBindingError(ProofError):
    """Key binding is missing, or was made by a key other than the credential's."""

    code = "holder_binding_rejected"


class AudienceError(ProofError):
    """The proof was made for another recipient."""

    code = "audience_rejected"


class NonceError(ProofError):
    """The proof was made for another request."""

    code = "nonce_rejected"


class ReplayError(ProofError):
    """The proof was accepted before and may be used once."""

    code = "replay_rejected"


class LogProofError(ProofError):
    """A Merkle proof, or the signature on a checkpoint, does not hold."""

    code = "log_proof_rejected"


class ForkError(LogProofError):
    """A log's tree does not continue one that the log had before: it was forked, or put back."""

    code = "log_forked"


class NotYetValidError(RejectedError):
    """The validity period has not begun."""

    code = "not_yet_valid"


class ExpiredError(RejectedError):
    """The validity period is over."""

    code = "expired"


class RevokedError(RejectedError):
    """The issuer has revoked the credential."""

    code = "credential_revoked"


class SuspendedError(RejectedError):
    """The issuer has suspended the credential."""

    code = "credential_suspended"


class TrustError(RejectedError):
    """The issuer or recipient is not one that this caller accepts."""

    code = "not_trusted"


class AccreditationError(TrustError):
    """No accreditation in the log covers this party for this type."""

    code = "not_accredited"


class StaleError(RejectedError):
    """The evidence is older than the policy allows."""

    code = "evidence_too_old"


class QueryError(RejectedError):
    """What was presented does not answer what was asked."""

    code = "query_not_satisfied"


class ConsentError(RejectedError):
    """No grant permits this; `refusals` holds every reason, as codes."""

    code = "consent_denied"

    def __init__(
        self, reason: str, *, at: str | None = None, refusals: tuple[str, ...] = ()
    ) -> None:
        super().__init__(reason, at=at)
        self.refusals = refusals


class GrantNotLoggedError(ConsentError):
    """The log does not contain the grant that was presented."""

    code = "grant_not_in_log"


class OAuthError(RejectedError):
    """An OAuth or OpenID endpoint refused; `error` is the code of its specification."""

    code = "oauth_refused"

    def __init__(
        self, reason: str, *, at: str | None = None, error: str = "invalid_request"
    ) -> None:
        super().__init__(reason, at=at)
        self.error = error


class DeactivatedError(RejectedError):
    """The DID has been deactivated by its controller."""

    code = "did_deactivated"


class DidMethodError(RejectedError):
    """The DID is of a method that is not resolved here."""

    code = "did_method_rejected"


class AuthenticationError(RejectedError):
    """The caller did not show who it is."""

    code = "unauthenticated"


class NotFoundError(RejectedError):
    """There is no such thing here."""

    code = "not_found"


class RedactedError(NotFoundError):
    """It was here, and was dropped on purpose; what its place proves stays."""

    code = "redacted"


class ConflictError(SsiError):
    """Someone else was first: in the log entry `winner`, if known; a problem calls it `entry`."""

    code = "conflict"

    def __init__(self, reason: str, *, at: str | None = None, winner: int | None = None) -> None:
        super().__init__(reason, at=at)
        self.winner = winner


class OverloadedError(SsiError):
    """Too much is waiting; the caller should try again later."""

    code = "overloaded"


class UnavailableError(SsiError):
    """We could not find out. Never turned into success, nor into a `RejectedError`."""

    code = "unavailable"


class GoneError(UnavailableError):
    """The log that could have told was dropped whole, so nobody can find out here any more."""

    code = "gone"


class StatusUndeterminedError(UnavailableError):
    """Neither valid nor revoked is known; `error` is Bitstring Status List 3.5's name for why."""

    code = "status_undetermined"

    def __init__(self, reason: str, *, at: str | None = None, error: str | None = None) -> None:
        super().__init__(reason, at=at)
        self.error = error


class ConsentUndeterminedError(UnavailableError):
    """Whether a grant permits this could not be found out; `refusals` says what is not known."""

    code = "consent_undetermined"

    def __init__(
        self, reason: str, *, at: str | None = None, refusals: tuple[str, ...] = ()
    ) -> None:
        super().__init__(reason, at=at)
        self.refusals = refusals
