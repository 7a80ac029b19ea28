"""Secures documents with Data Integrity proofs, in the name of the issuer."""

from datetime import datetime
from typing import final

from issuer.model.identity import SigningIdentity
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519PublicKey
from ssi_core.proof.data_integrity import add_proof
from ssi_core.proof.ecdsa_rdfc_2019 import EcdsaRdfc2019
from ssi_core.proof.eddsa_rdfc_2022 import EddsaRdfc2022
from ssi_core.proof.suite import Cryptosuite
from ssi_core.rdf.json_ld import JsonLd


@final
class LinkedData:
    """Signs with the issuer's key; the cryptosuite is the one for that kind of key."""

    def __init__(self, identity: SigningIdentity, json_ld: JsonLd) -> None:
        self._identity = identity
        self._suite: Cryptosuite = (
            EddsaRdfc2022(json_ld)
            if isinstance(identity.signer.public_key, Ed25519PublicKey)
            else EcdsaRdfc2019(json_ld)
        )

    @property
    def issuer(self) -> str:
        """The DID in whose name documents are signed."""
        return self._identity.did

    @property
    def cryptosuite(self) -> str:
        """The `cryptosuite` of every proof that is made here."""
        return self._suite.name

    def secure(self, document: JsonObject, *, at: datetime) -> JsonObject:
        """Return `document` with a proof that the issuer asserts it.

        Raises `DataLossError` for what JSON-LD would not carry whole.
        """
        return add_proof(
            document,
            signer=self._identity.signer,
            verification_method=self._identity.key_id,
            purpose="assertionMethod",
            created=at,
            suite=self._suite,
        )
