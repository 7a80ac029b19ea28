"""What this issuer says of itself (OpenID4VCI section 12.2, RFC 8414, SD-JWT VC section 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from issuer.configurations import (
    BY_ID,
    AnyConfiguration,
    Configuration,
    Format,
    LdpVcConfiguration,
    vcdm,
)
from issuer.model.identity import SigningIdentity
from issuer.model.terms import Terms
from issuer.service.key_proofs import ALGORITHMS
from ssi_core.credential import issuer_metadata
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

_PROOF_TYPES: Final[Mapping[str, JsonObject]] = MappingProxyType(
    {"jwt": {"proof_signing_alg_values_supported": list(ALGORITHMS)}}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The documents of one issuer.

    `types` has the type metadata of each SD-JWT VC configuration by id, `cryptosuite` is how the
    others are secured. `configurations` are those on offer, in the order in which they are listed.
    """

    issuer: str
    display_name: str
    identity: SigningIdentity
    types: Mapping[str, TypeMetadata]
    cryptosuite: str
    terms: Terms
    configurations: tuple[AnyConfiguration, ...] = tuple(BY_ID.values())

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

    def _configuration(self, configuration: AnyConfiguration) -> CredentialConfiguration:
        match configuration:
            case Configuration():
                return self._sd_jwt_vc(configuration)
            case LdpVcConfiguration():
                return self._ldp_vc(configuration)

    def _sd_jwt_vc(self, configuration: Configuration) -> CredentialConfiguration:
        described = self.types[configuration.id]
        return CredentialConfiguration(
            id=configuration.id,
            format=Format.SD_JWT_VC,
            vct=configuration.vct,
            signing_algorithms=("ES256",),
            binding_methods=("jwk", "did:jwk", "did:key"),
            proof_types=_PROOF_TYPES,
            display=_displays(described),
            claims=tuple(_claim(claim) for claim in described.claims),
        )

    def _ldp_vc(self, configuration: LdpVcConfiguration) -> CredentialConfiguration:
        described = self.types[configuration.twin.id]
        definition: JsonObject = {
            "@context": list(vcdm.CONTEXTS),
            "type": list(vcdm.types(configuration.type)),
        }
        return CredentialConfiguration(
            id=configuration.id,
            format=Format.LDP_VC,
            signing_algorithms=(self.cryptosuite,),
            binding_methods=("did:jwk", "did:key"),
            proof_types=_PROOF_TYPES,
            display=_displays(described),
            claims=tuple(_claim(claim, "credentialSubject") for claim in described.claims),
            others={"credential_definition": definition},
        )


def _displays(described: TypeMetadata) -> tuple[Display, ...]:
    return tuple(
        Display(
            name=item.label,
            locale=item.locale,
            others={} if item.description is None else {"description": item.description},
        )
        for item in described.display
    )


def _claim(claim: ClaimMetadata, *below: str) -> ClaimDescription:
    return ClaimDescription(
        path=(*below, *claim.path),
        mandatory=claim.mandatory,
        display=tuple(Display(name=item.label, locale=item.locale) for item in claim.display),
    )
