"""docs/reference/errors.md: every code, what it means, and what to do."""

from collections.abc import Iterator, Mapping
from typing import Final

from consent_contracts.refusal import Refusal
from scripts.reference.page import require_same, table
from ssi_core.adapters.problem_details import status_of
from ssi_core.errors import SsiError

REMEDIES: Final[Mapping[str, str]] = {
    "internal": (
        "A bug of ours. The server's log has an event with the route and a number; report it "
        "without health data."
    ),
    "malformed": (
        "Correct the input at `pointer`. Sending the same again cannot help. A body that is too "
        "large has status 413."
    ),
    "context_refused": (
        "Use a JSON-LD context that the reader has bundled, unchanged; none is ever fetched."
    ),
    "data_loss": (
        "Define every term, type and identifier in the contexts: what JSON-LD would drop or "
        "rewrite cannot be signed. In a FHIR Consent, say what the element at `pointer` means, or "
        "leave it out."
    ),
    "did_resolution_refused": (
        "Correct the DID, the DID URL or the option; [DID resolution](did-resolution.md) has the "
        "names of what can be wrong."
    ),
    "too_much_work": "Give nested objects identifiers, or send fewer that are alike.",
    "rejected": "Read `title`: it names the rule. Begin anew where the exchange began.",
    "proof_rejected": (
        "The sender makes the proof again over exactly these bytes, with the right key and "
        "purpose. Otherwise treat the document as forged."
    ),
    "algorithm_rejected": "Use an algorithm that the receiver lists: ES256 or EdDSA here.",
    "disclosure_rejected": "Send each disclosure that a digest names once, and no other.",
    "holder_binding_rejected": (
        "Present with key binding by the key that the credential names in `cnf`."
    ),
    "audience_rejected": "Present to the client identifier that stands in the request.",
    "nonce_rejected": "Answer this request: take its nonce, or fetch a fresh one.",
    "replay_rejected": (
        "Ask for a new request, nonce or offer; what was sent had been accepted before."
    ),
    "log_forked": (
        "Somebody has seen, and can prove, a tree of this log that it does not continue: a backup "
        "was put back, or it was forked. Believe nothing of it that is newer than what you have, "
        "and take the evidence to its operator and to those who rely on it."
    ),
    "log_proof_rejected": (
        "Do not go on. If the registry is the one you mean, keep both checkpoints: they are "
        "evidence."
    ),
    "not_yet_valid": "Wait, or compare clocks with `consentry doctor`.",
    "expired": (
        "Get a new credential, offer, request or grant; compare clocks if that is a surprise."
    ),
    "credential_revoked": "Ask the issuer why. It does not come back.",
    "credential_suspended": "Ask the issuer; it may be reinstated.",
    "not_trusted": "If this party should be believed, name it in the policy or as a root.",
    "not_accredited": (
        "Have an accreditor who is under one of the roots accredit it for this type, and look "
        "whether that has ended."
    ),
    "evidence_too_old": "Fetch it again; if it stays old, the registry or the issuer is cut off.",
    "query_not_satisfied": (
        "Present what the DCQL query asks for, all of it, in one of the ways that it allows."
    ),
    "consent_denied": (
        "Read `refusals` (below). Ask the person for a grant that covers this, or do not do it."
    ),
    "grant_not_in_log": (
        "Register the grant before presenting it, in the log that the request names."
    ),
    "oauth_refused": "Read the OAuth code that came with it.",
    "did_deactivated": "Its controller has ended this DID, for ever.",
    "did_method_rejected": (
        "Use one of `did:key`, `did:jwk`, `did:web`, `did:webvh`, if the caller accepts it."
    ),
    "unauthenticated": (
        "Send `Authorization: Bearer` with the administrator's token; for a wallet, give the right "
        "passphrase."
    ),
    "redacted": "The entry's bytes were dropped on purpose; its hash and every proof stay.",
    "not_found": "Look at the identifier; what has expired and been removed answers so too.",
    "conflict": (
        "Read the current state, decide again, then retry. Keep `receipt`, if there is one: it "
        "is the log's signed word on who was first."
    ),
    "overloaded": "Wait for as long as `Retry-After` says, then send the same again.",
    "unavailable": (
        "It could not be found out, which is no answer: wait as `Retry-After` says and try again. "
        "Never take it for a yes, nor for a no."
    ),
    "gone": (
        "Ask the log that followed: `GET /handover` proves which one. What counts as not found out "
        "stays so here: never take it for a yes, nor for a no. Proofs that were kept still hold."
    ),
    "consent_undetermined": (
        "As above. `refusals` says what is not known: find that out, then decide again. Until then "
        "do as after a no."
    ),
    "status_undetermined": (
        "As above. The credential is neither revoked nor valid until its status list can be read."
    ),
}


def render() -> str:
    """Return the table of codes and the table of refusals."""
    kinds = list(_tree(SsiError))
    require_same("error codes", in_code=(kind.code for kind in kinds), in_words=REMEDIES)
    codes = table(
        ["Code", "HTTP", "Meaning", "What to do"],
        ([f"`{kind.code}`", _status(kind), _meaning(kind), REMEDIES[kind.code]] for kind in kinds),
    )
    refusals = table(["Refusal", "Says"], ([f"`{one.value}`", one.explanation] for one in Refusal))
    return f"## Codes\n\n{codes}\n## Refusals\n\n{refusals}"


def _tree(kind: type[SsiError]) -> Iterator[type[SsiError]]:
    """Yield `kind` and all below it, each followed by its own, in the order of the source."""
    yield kind
    for child in kind.__subclasses__():
        yield from _tree(child)


def _status(kind: type[SsiError]) -> str:
    return str(status_of(kind("a reason")))


def _meaning(kind: type[SsiError]) -> str:
    return "Something went wrong here." if kind is SsiError else (kind.__doc__ or "").split("\n")[0]
