"""No log: the profile asks for no grant and no accreditation, and believes nobody about one."""

from collections.abc import Collection
from typing import Final, NoReturn, final

from registry.model.accreditations import Role
from registry.model.signed_note import SignatureType, VerifierKey
from ssi_core.did.syntax import Did
from ssi_core.errors import UnavailableError
from ssi_core.keys import Ed25519Signer
from verifier.office import TrustedLog

_ORIGIN: Final = "harness.invalid"


def log_of_nobody() -> TrustedLog:
    """Return a log whose keys are thrown away as they are made, so that nothing is ever in it."""
    log, witness = (
        VerifierKey(_ORIGIN, kind, Ed25519Signer.generate().public_key)
        for kind in (SignatureType.ED25519, SignatureType.COSIGNATURE_V1)
    )
    return TrustedLog(origin=_ORIGIN, log_vkey=str(log), witness_vkeys=(str(witness),))


@final
class NoLog:
    """Implements the verifier's `ConsentLog`: nothing can be found out."""

    def grant(self, grant_id: str) -> NoReturn:
        """Raise `UnavailableError`."""
        del grant_id
        raise _silent()

    def accreditation(
        self,
        subject: Did,
        role: Role | str,
        type: str,  # noqa: A002 - the registry's word
        *,
        roots: Collection[Did] = (),
    ) -> NoReturn:
        """Raise `UnavailableError`."""
        del subject, role, type, roots
        raise _silent()

    def one_accreditation(self, accreditation_id: str) -> NoReturn:
        """Raise `UnavailableError`."""
        del accreditation_id
        raise _silent()

    def did_log(self, did: Did) -> NoReturn:
        """Raise `UnavailableError`."""
        del did
        raise _silent()

    def did_witness(self, did: Did) -> NoReturn:
        """Raise `UnavailableError`."""
        del did
        raise _silent()

    def status_list(self, uri: str, issuer: Did | None = None) -> NoReturn:
        """Raise `UnavailableError`."""
        del uri, issuer
        raise _silent()


def _silent() -> UnavailableError:
    return UnavailableError("there is no log in this profile")
