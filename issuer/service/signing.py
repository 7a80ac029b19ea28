"""Signs one copy of a credential, in the format of its configuration, for one key of a wallet."""

from datetime import datetime
from typing import final

from issuer.configurations import (
    AnyConfiguration,
    Configuration,
    LdpVcConfiguration,
    selectively,
    vcdm,
)
from issuer.model.credential import Copy
from issuer.model.identity import SigningIdentity
from issuer.model.terms import Terms
from issuer.service.bitstring_lists import BitstringLists
from issuer.service.linked_data import LinkedData
from issuer.service.status_lists import StatusLists
from ssi_core.credential import sd_jwt_vc
from ssi_core.json_types import JsonObject
from ssi_core.period import Period
from ssi_core.protocol.openid4vci import KeyProof


@final
class Signing:
    """Makes copies that say the same, and say in their status list whether they still do."""

    def __init__(
        self,
        *,
        identity: SigningIdentity,
        linked_data: LinkedData,
        status_lists: StatusLists,
        bitstring_lists: BitstringLists,
        terms: Terms,
    ) -> None:
        self._identity = identity
        self._linked_data = linked_data
        self._status_lists = status_lists
        self._bitstring_lists = bitstring_lists
        self._terms = terms

    def sign(
        self,
        configuration: AnyConfiguration,
        claims: JsonObject,
        *,
        holder: KeyProof,
        copy: Copy,
        at: datetime,
    ) -> str | JsonObject:
        """Return a copy for the key that `holder` proved, as it goes into the response."""
        match configuration:
            case Configuration(vct=vct):
                return self._sd_jwt_vc(vct, claims, holder=holder, copy=copy, at=at)
            case LdpVcConfiguration(type=kind):
                return self._ldp_vc(kind, claims, holder=holder, copy=copy, at=at)

    def _sd_jwt_vc(
        self, vct: str, claims: JsonObject, *, holder: KeyProof, copy: Copy, at: datetime
    ) -> str:
        return str(
            sd_jwt_vc.issue(
                vct=vct,
                issuer=self._identity.did,
                key_id=self._identity.key_id,
                signer=self._identity.signer,
                claims=selectively(claims),
                holder_key=holder.jwk,
                issued_at=at,
                valid=Period(None, at + self._terms.credential_lifetime),
                status=self._status_lists.reference(copy),
            )
        )

    def _ldp_vc(
        self, kind: str, claims: JsonObject, *, holder: KeyProof, copy: Copy, at: datetime
    ) -> JsonObject:
        unsecured = vcdm.credential(
            claims,
            kind=kind,
            issuer=self._identity.did,
            holder=str(holder.did),
            valid=Period(None, at + self._terms.credential_lifetime),
            statuses=self._bitstring_lists.entries(copy),
        )
        return self._linked_data.secure(unsecured, at=at)
