"""Our claims as a credential of VCDM 2.0, before it is secured."""

from collections.abc import Sequence

from ssi_core.credential.contexts import CREDENTIALS_V2, HEALTH_V1
from ssi_core.json_types import JsonObject
from ssi_core.period import Period, to_rfc3339

CONTEXTS = (CREDENTIALS_V2, HEALTH_V1)
BASE_TYPE = "VerifiableCredential"


def types(kind: str) -> tuple[str, ...]:
    """Return the `type` of a credential of this kind."""
    return (BASE_TYPE, kind)


def credential(
    claims: JsonObject,
    *,
    kind: str,
    issuer: str,
    holder: str,
    valid: Period,
    statuses: Sequence[JsonObject],
) -> JsonObject:
    """Return the credential in which `issuer` says `claims` of `holder`, who is named by a DID.

    Nothing in it but the status is the same in no other copy.
    """
    period = {"validFrom": valid.start, "validUntil": valid.end}
    return {
        "@context": list(CONTEXTS),
        "type": list(types(kind)),
        "issuer": issuer,
        **{name: to_rfc3339(moment) for name, moment in period.items() if moment is not None},
        "credentialStatus": list(statuses),
        "credentialSubject": {"id": holder, **claims},
    }
