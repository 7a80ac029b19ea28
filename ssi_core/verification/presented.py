"""One pair of functions for whatever is presented; the kind of policy says which form it has."""

from datetime import datetime
from typing import Final, TypeAlias, TypeVar, assert_never, overload

from ssi_core.anoncreds.presentation import AnonCredsPresentation, is_presentation
from ssi_core.credential.model import Credential
from ssi_core.credential.sd_jwt_vc import SdJwtVc, VerifiedSdJwtVc
from ssi_core.errors import MalformedError, QueryError
from ssi_core.json_types import JsonObject
from ssi_core.strict_json import parse_object
from ssi_core.verification import anoncreds, sd_jwt_vc, vcdm
from ssi_core.verification.anoncreds import AnonCredsPolicy, AskedPresentation, VerifiedAnonCreds
from ssi_core.verification.data_integrity import ExpectedPresentation, VerifiedPresentation
from ssi_core.verification.evidence import Evidence, Need
from ssi_core.verification.policy import Expected, VerificationPolicy
from ssi_core.verification.vcdm import VcdmPolicy

Presented: TypeAlias = str | SdJwtVc | JsonObject | AnonCredsPresentation
AnyPolicy: TypeAlias = VerificationPolicy | VcdmPolicy | AnonCredsPolicy
AnyExpected: TypeAlias = Expected | ExpectedPresentation | AskedPresentation
Verified: TypeAlias = VerifiedSdJwtVc | VerifiedPresentation | Credential | VerifiedAnonCreds

_Kind = TypeVar("_Kind")

_PRESENTATIONS: Final = ("VerifiablePresentation", "EnvelopedVerifiablePresentation")


def needs(presented: Presented, *, policy: AnyPolicy | None = None) -> frozenset[Need]:
    """Return what has to be fetched before `verify` can decide.

    Raises `TrustError` for an issuer whose key nothing that we fetch could tell, and `QueryError`
    for a form that is not the policy's.
    """
    found = _read(presented)
    match found:
        case SdJwtVc():
            return sd_jwt_vc.needs(found, policy=_of_kind(policy, VerificationPolicy))
        case AnonCredsPresentation():
            return anoncreds.needs(found, policy=_of_kind(policy, AnonCredsPolicy))
        case _:
            _of_kind(policy, VcdmPolicy)
            shown = _is_vcdm_presentation(found)
            return vcdm.presentation_needs(found) if shown else vcdm.credential_needs(found)


@overload
def verify(
    presented: str | SdJwtVc,
    *,
    evidence: Evidence,
    policy: VerificationPolicy,
    expected: Expected | None,
    at: datetime,
) -> VerifiedSdJwtVc: ...


@overload
def verify(
    presented: str | JsonObject,
    *,
    evidence: Evidence,
    policy: VcdmPolicy,
    expected: ExpectedPresentation | None,
    at: datetime,
) -> Credential | VerifiedPresentation: ...


@overload
def verify(
    presented: str | JsonObject | AnonCredsPresentation,
    *,
    evidence: Evidence,
    policy: AnonCredsPolicy,
    expected: AskedPresentation,
    at: datetime,
) -> VerifiedAnonCreds: ...


def verify(
    presented: Presented,
    *,
    evidence: Evidence,
    policy: AnyPolicy,
    expected: AnyExpected | None,
    at: datetime,
) -> Verified:
    """Return what was presented if every check holds; raise the reason of the first that does not.

    A form that the policy is not for is refused: `QueryError`. `expected` may be None for a VCDM
    credential alone, and for an SD-JWT VC where the policy does not require holder binding.
    """
    found = _read(presented)
    match policy:
        case VerificationPolicy():
            if not isinstance(found, SdJwtVc):
                raise _another_form()
            asked = _expected(expected, Expected)
            return sd_jwt_vc.verify(found, evidence=evidence, policy=policy, expected=asked, at=at)
        case AnonCredsPolicy():
            if not isinstance(found, AnonCredsPresentation):
                raise _another_form()
            return anoncreds.verify(
                found,
                evidence=evidence,
                policy=policy,
                expected=_required(_expected(expected, AskedPresentation)),
                at=at,
            )
        case VcdmPolicy():
            if isinstance(found, SdJwtVc | AnonCredsPresentation):
                raise _another_form()
            return _verify_vcdm(
                found,
                evidence=evidence,
                policy=policy,
                expected=_expected(expected, ExpectedPresentation),
                at=at,
            )
        case _:
            assert_never(policy)


def _verify_vcdm(
    secured: JsonObject,
    *,
    evidence: Evidence,
    policy: VcdmPolicy,
    expected: ExpectedPresentation | None,
    at: datetime,
) -> Credential | VerifiedPresentation:
    if not _is_vcdm_presentation(secured):
        if expected is not None:
            # A credential alone shows nothing about who sent it, and when.
            raise QueryError("a credential came where a presentation was asked for", at="/type")
        return vcdm.verify_credential(secured, evidence=evidence, policy=policy, at=at)
    return vcdm.verify_presentation(
        secured, evidence=evidence, policy=policy, expected=_required(expected), at=at
    )


def _read(presented: Presented) -> SdJwtVc | AnonCredsPresentation | JsonObject:
    """Return what was presented in its own form; JSON text has a brace where no SD-JWT has one."""
    if isinstance(presented, SdJwtVc | AnonCredsPresentation):
        return presented
    if isinstance(presented, str):
        if not presented.lstrip(" \t\r\n").startswith("{"):
            return SdJwtVc.parse(presented)
        presented = parse_object(presented)
    return AnonCredsPresentation.parse(presented) if is_presentation(presented) else presented


def _is_vcdm_presentation(secured: JsonObject) -> bool:
    kinds = secured.get("type")
    named = kinds if isinstance(kinds, list | tuple) else (kinds,)
    return any(kind in _PRESENTATIONS for kind in named if isinstance(kind, str))


def _of_kind(policy: AnyPolicy | None, kind: type[_Kind]) -> _Kind | None:
    if policy is None or isinstance(policy, kind):
        return policy
    raise _another_form()


def _expected(expected: AnyExpected | None, kind: type[_Kind]) -> _Kind | None:
    if expected is None or isinstance(expected, kind):
        return expected
    raise MalformedError("what is expected is not of the policy's kind")


def _required(expected: _Kind | None) -> _Kind:
    if expected is None:
        raise MalformedError("a presentation is verified for what was asked")
    return expected


def _another_form() -> QueryError:
    return QueryError("what was presented has another form than the policy accepts")
