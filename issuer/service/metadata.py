"""What this issuer says of itself (OpenID4VCI section 12.2, RFC 8414, SD-JWT VC section 4)."""

from collections.abc import Mapping
from dataclasses import dataclass

from issuer.configurations import CONFIGURATIONS, Configuration
from issuer.model.identity import SigningIdentity
from issuer.model.terms import Terms
from issuer.service.key_proofs import ALGORITHMS
from ssi_core.credential import issuer_metadata
from ssi_core.credential.sd_jwt_vc import TYPE
from ssi_core.credential.type_metadata import ClaimMetadata, TypeMetadata
from ssi_core.json_types import JsonObject
from ssi_core.protocol.openid4vci import (
    AuthorizationServerMetadata,
    ClaimDescription,
    CredentialConfiguration,
    CredentialIssuerMetadata,
    Display,
)
from ssi_core.protocol.openid4vci.offer import PRE_AUTHORIZED_CODE
from ssi_core.protocol.openid4vci.token import OPENID_CREDENTIAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The documents of one issuer; `types` has the type metadata of each configuration by id.

    `configurations` are those on offer, in the order in which they are listed.
    """

    issuer: str
    display_name: str
    identity: SigningIdentity
    types: Mapping[str, TypeMetadata]
    terms: Terms
    configurations: tuple[Configuration, ...] = CONFIGURATIONS

    def credential_issuer(self) -> JsonObject:
        """Return the Credential Issuer Metadata."""
        return CredentialIssuerMetadata(
            credential_issuer=self.issuer,
            credential_endpoint=f"{self.issuer}/credential",
            nonce_endpoint=f"{self.issuer}/nonce",
            notification_endpoint=f"{self.issuer}/notification",
            batch_size=self.terms.batch_size if self.terms.batch_size > 1 else None,
            display=(Display(name=self.display_name),),
            configurations={item.id: self._configuration(item) for item in self.configurations},
        ).render()

    def authorization_server(self) -> JsonObject:
        """Return the Authorization Server Metadata: we are our own."""
        return AuthorizationServerMetadata(
            issuer=self.issuer,
            token_endpoint=f"{self.issuer}/token",
            grant_types=(PRE_AUTHORIZED_CODE,),
            anonymous_pre_authorized_access=True,
            others={
                "token_endpoint_auth_methods_supported": ["none"],
                "authorization_details_types_supported": [OPENID_CREDENTIAL],
            },
        ).render()

    def jwt_vc_issuer(self) -> JsonObject:
        """Return the JWT VC Issuer Metadata, with the key that signs credentials."""
        key = self.identity.signer.public_key
        return issuer_metadata.render(self.issuer, {self.identity.key_id: key})

    def _configuration(self, configuration: Configuration) -> CredentialConfiguration:
        described = self.types[configuration.id]
        return CredentialConfiguration(
            id=configuration.id,
            format=TYPE,
            vct=configuration.vct,
            signing_algorithms=("ES256",),
            binding_methods=("jwk", "did:jwk", "did:key"),
            proof_types={"jwt": {"proof_signing_alg_values_supported": list(ALGORITHMS)}},
            display=tuple(
                Display(
                    name=item.label,
                    locale=item.locale,
                    others={} if item.description is None else {"description": item.description},
                )
                for item in described.display
            ),
            claims=tuple(_claim(claim) for claim in described.claims),
        )


def _claim(claim: ClaimMetadata) -> ClaimDescription:
    return ClaimDescription(
        path=claim.path,
        mandatory=claim.mandatory,
        display=tuple(Display(name=item.label, locale=item.locale) for item in claim.display),
    )
