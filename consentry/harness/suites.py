"""The cryptosuites of the profile, for issuers, holders and verifiers."""

from collections.abc import Sequence

from ssi_core.errors import AlgorithmError
from ssi_core.proof.bbs_2023 import Bbs2023, Bbs2023Base
from ssi_core.proof.ecdsa_jcs_2019 import EcdsaJcs2019
from ssi_core.proof.ecdsa_rdfc_2019 import EcdsaRdfc2019
from ssi_core.proof.ecdsa_sd_2023 import EcdsaSd2023, EcdsaSd2023Base
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from ssi_core.proof.eddsa_rdfc_2022 import EddsaRdfc2022
from ssi_core.proof.suite import AllowedSuites, Cryptosuite
from ssi_core.rdf.json_ld import JsonLd


def issuer_suite(
    name: str, key_type: str, *, json_ld: JsonLd, mandatory_pointers: Sequence[str]
) -> Cryptosuite:
    """Return the suite called `name` as an issuer uses it; `AlgorithmError` if not with this key.

    `mandatory_pointers` matter where a holder may withhold parts.
    """
    match name, key_type:
        case "eddsa-rdfc-2022", "Ed25519":
            return EddsaRdfc2022(json_ld)
        case "eddsa-jcs-2022", "Ed25519":
            return EddsaJcs2022()
        case "ecdsa-rdfc-2019", "P-256" | "P-384":
            return EcdsaRdfc2019(json_ld)
        case "ecdsa-jcs-2019", "P-256" | "P-384":
            return EcdsaJcs2019()
        case "ecdsa-sd-2023", "P-256":
            return EcdsaSd2023Base(json_ld, mandatory_pointers=mandatory_pointers)
        case "bbs-2023", "Bls12381G2":
            return Bbs2023Base(json_ld, mandatory_pointers=mandatory_pointers)
        case _:
            raise AlgorithmError("this cryptosuite and key type are not offered together here")


def verifier_suites(json_ld: JsonLd) -> AllowedSuites:
    """Return what a verifier accepts: of selective disclosure, derived proofs only."""
    return AllowedSuites(
        [
            EddsaRdfc2022(json_ld),
            EddsaJcs2022(),
            EcdsaRdfc2019(json_ld),
            EcdsaJcs2019(),
            EcdsaSd2023(json_ld),
            Bbs2023(json_ld),
        ]
    )


def holder_suites(json_ld: JsonLd) -> AllowedSuites:
    """Return what a holder accepts from an issuer before it derives: base proofs."""
    return AllowedSuites([EcdsaSd2023Base(json_ld), Bbs2023Base(json_ld)])
