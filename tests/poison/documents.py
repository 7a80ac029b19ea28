"""Credentials and presentations that are built to stall or to fill us."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import islice, product
from typing import Any

from ssi_core.credential.contexts import CREDENTIALS_V2, DATA_INTEGRITY_V2, bundled
from ssi_core.credential.enveloped import CREDENTIAL_MEDIA_TYPES, PRESENTATION_MEDIA_TYPES
from ssi_core.did import key
from ssi_core.encoding import multibase_encode
from ssi_core.errors import SsiError
from ssi_core.keys import Bls12381G2Signer, Ed25519Signer, P256Signer
from ssi_core.proof.bbs_2023 import Bbs2023
from ssi_core.proof.data_integrity import add_proof
from ssi_core.proof.ecdsa_sd_2023 import EcdsaSd2023
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from ssi_core.proof.eddsa_rdfc_2022 import EddsaRdfc2022
from ssi_core.proof.suite import AllowedSuites
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.verification import Evidence, needs, verify
from ssi_core.verification.bitstring_status import BitstringPolicy
from ssi_core.verification.data_integrity import DataIntegrityPolicy, ExpectedPresentation
from ssi_core.verification.enveloped import EnvelopedPolicy
from ssi_core.verification.vcdm import VcdmPolicy

Prepare = Callable[[], Callable[[], object]]

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
JSON_LD = JsonLd(bundled())
SIGNER = Ed25519Signer.generate()
P256 = P256Signer.generate()
BBS = Bls12381G2Signer.generate()
DID = key.did_for(SIGNER.public_key)
METHOD = key.method_id(DID)
SUITES = AllowedSuites(
    [EddsaRdfc2022(JSON_LD), EddsaJcs2022(), EcdsaSd2023(JSON_LD), Bbs2023(JSON_LD)]
)
EMBEDDED = DataIntegrityPolicy(suites=SUITES)
POLICY = VcdmPolicy(
    contexts=bundled(),
    embedded=EMBEDDED,
    enveloped=EnvelopedPolicy(
        algorithms=frozenset({"EdDSA", "Ed25519"}),
        media_types=CREDENTIAL_MEDIA_TYPES | PRESENTATION_MEDIA_TYPES,
    ),
    status=BitstringPolicy(data_integrity=EMBEDDED),
)
EXPECTED = ExpectedPresentation(domain="https://clinic.example", challenge="c-1")
EVIDENCE = Evidence(
    dids={
        did: key.resolve(did)
        for did in (key.did_for(one.public_key) for one in (SIGNER, P256, BBS))
    }
)
# Takes 188,000 of the 200,000 steps that one document may take.
JUST_CHEAP_ENOUGH = (13, 6)
VOCABULARY = {"@vocab": "urn:terms:"}


def credential(subject: Any, context: Any = VOCABULARY, **members: Any) -> dict[str, Any]:
    more = context if isinstance(context, list) else [context]
    return {
        "@context": [CREDENTIALS_V2, DATA_INTEGRITY_V2, *more],
        "type": ["VerifiableCredential"],
        "issuer": str(DID),
        "credentialSubject": subject,
        **members,
    }


def nested(parents: int, children: int) -> dict[str, Any]:
    return {"has": [{"has": [{"has": "x"} for _ in range(children)]} for _ in range(parents)]}


def proof(suite: str = "eddsa-rdfc-2022", **members: Any) -> dict[str, Any]:
    return {
        "type": "DataIntegrityProof",
        "cryptosuite": suite,
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
        "proofValue": multibase_encode(bytes(64)),
        **members,
    }


def proven(document: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    return dict(
        add_proof(
            document,
            signer=SIGNER,
            verification_method=METHOD,
            purpose=options.pop("purpose", "assertionMethod"),
            created=None,
            suite=EddsaJcs2022(),
            options=options,
        )
    )


def verifying(secured: Any, expected: ExpectedPresentation | None = None) -> Callable[[], object]:
    def act() -> object:
        # What a caller does first; that it refuses does not spare the other.
        with suppress(SsiError):
            needs(secured, policy=POLICY)
        return verify(secured, evidence=EVIDENCE, policy=POLICY, expected=expected, at=NOW)

    return act


def chain(length: int) -> list[dict[str, Any]]:
    return [
        proof(id=f"urn:p{index}", **({"previousProof": f"urn:p{index - 1}"} if index else {}))
        for index in range(length)
    ]


def scoped(depth: int, width: int) -> dict[str, Any]:
    """A context whose terms have contexts whose terms have contexts."""
    if depth == 0:
        return {f"t{index}": f"urn:t{index}" for index in range(width)}
    return {
        f"s{depth}x{index}": {
            "@id": f"urn:s{depth}x{index}",
            "@context": scoped(depth - 1, width),
        }
        for index in range(width)
    }


def chained(count: int) -> list[Any]:
    """Return objects each of which has the terms of all, so that contexts meet in every order."""
    return [
        {f"t{first}": {f"t{second}": {"a": first * second}}}
        for first in range(count // 4)
        for second in range(count // 4)
    ]


def deep_context(depth: int) -> Any:
    context: Any = {"t": "urn:t"}
    for _ in range(depth):
        context = {"t": {"@id": "urn:t", "@context": context}}
    return context


def documents() -> Iterator[tuple[str, Prepare]]:
    secured = {
        "2 parents x 9 children": credential(nested(2, 9)),
        "terms that redefine protected ones": credential(
            {"a": 1}, {"issuer": "urn:other", "@protected": True}
        ),
        "a context of 10,000 terms": credential(
            {"a": 1}, {f"t{index}": f"urn:t{index}" for index in range(10_000)}
        ),
        "10,000 contexts": credential({"a": 1}, [{f"t{i}": "urn:t"} for i in range(10_000)]),
        "10,000 times the same context": credential({"a": 1}, [CREDENTIALS_V2] * 10_000),
        "a context that names an unknown one": credential({"a": 1}, "https://other.example/v1"),
        "contexts 60 deep": credential({"t": 1}, deep_context(60)),
        "contexts 5,000 deep": credential({"t": 1}, deep_context(5_000)),
        "scoped contexts 5x5x5x5": credential(
            {"s3x0": {"s2x0": {"s1x0": {"t0": 1}}}}, scoped(3, 5)
        ),
        "5,000 objects with a context each": credential(
            {"has": [{"@context": {"t": f"urn:t{i}"}, "t": i} for i in range(5_000)]}
        ),
        "240 scoped terms on 4,800 objects": credential(
            {"has": [{f"t{index % 240}": {"a": index}} for index in range(4_800)]},
            {
                "has": "urn:has",
                **{
                    f"t{index}": {"@id": f"urn:{index}", "@context": {"a": "urn:a"}}
                    for index in range(240)
                },
            },
        ),
        "240 scoped terms inside each other": credential(
            {"t0": chained(240)},
            {
                f"t{index}": {"@id": f"urn:{index}", "@context": {"a": "urn:a"}}
                for index in range(240)
            },
        ),
        "known contexts in every order": credential(
            {"has": [{"@context": list(order), "has": "x"} for order in orders(150)]}
        ),
        "19,000 values": credential({f"t{index}": index for index in range(19_000)}),
        "60,000 values": credential({f"t{index}": index for index in range(60_000)}),
        "a list of 15,000": credential({"has": {"@list": list(range(15_000))}}),
        "5,000 objects alike": credential({"has": [{"has": {"a": 1}} for _ in range(5_000)]}),
        "a text of 1 MB": credential({"a": "x" * 1_000_000}),
    }
    for name, document in secured.items():
        yield (
            f"credential: {name}",
            partial(verifying, {**document, "proof": proof()}),
        )
    yield (
        "credential: a million proofs",
        lambda: verifying({**credential({"a": 1}), "proof": [proof()] * 1_000_000}),
    )
    yield (
        "credential: a chain of 1,000 proofs",
        lambda: verifying({**credential({"a": 1}), "proof": chain(1000)}),
    )
    yield "credential: 16 proofs that hold on what is just cheap enough", _many_proofs
    yield "credential: nested 100,000 deep", lambda: verifying(_deep(100_000))
    yield (
        "presentation: a million credentials",
        lambda: verifying(presentation([{"a": 1}] * 1_000_000), EXPECTED),
    )
    yield (
        "presentation: 64 credentials that hold, each just cheap enough",
        lambda: _presented(proven_rdfc(credential(nested(*JUST_CHEAP_ENOUGH)))),
    )
    yield (
        "presentation: 64 credentials that hold, with contexts in every order",
        lambda: _presented(
            proven_rdfc(
                credential({"has": [{"@context": list(order), "has": "x"} for order in orders(40)]})
            )
        ),
    )
    for count, values in ((64, 1_000), (4, 18_000)):
        yield (
            f"presentation: {count} credentials that hold, of {values:,} values each",
            partial(
                _presented,
                proven_rdfc(credential({f"t{index}": index for index in range(values)})),
                count,
            ),
        )


def members() -> Iterator[tuple[str, Prepare]]:
    """Credentials that are whole, but for one member that has as many items as a megabyte has."""
    base = credential({"id": "urn:a"}, {})
    many: dict[str, list[Any]] = {
        "@context": [*base["@context"], *(f"urn:{number}" for number in range(80_000))],
        "type": ["VerifiableCredential", *(f"T{number}" for number in range(90_000))],
    }
    item = {"type": "T", "id": "urn:a"}
    for name in (
        *("credentialSubject", "credentialSchema", "credentialStatus", "evidence", "proof"),
        *("refreshService", "termsOfUse", "relatedResource", "name", "description"),
    ):
        many[name] = [{**item, "id": f"urn:{number}"} for number in range(25_000)]
    holding = presentation([proven(base)])
    presented = {**many, "type": ["VerifiablePresentation", *many["type"][1:]]}
    for name, value in many.items():
        document = {**base, name: value}
        secured = {**document, "proof": proof("eddsa-jcs-2022")} if name != "proof" else document
        yield f"credential: 1 MB of {name}", partial(verifying, secured)
        shown = {**holding, name: presented[name]}
        if name != "proof":
            shown["proof"] = proof("eddsa-jcs-2022")
        yield f"presentation: 1 MB of {name}", partial(verifying, shown, EXPECTED)


def _many_proofs() -> Callable[[], object]:
    secured = proven_rdfc(credential(nested(*JUST_CHEAP_ENOUGH)))
    return verifying({**secured, "proof": [secured["proof"]] * 16})


def _presented(secured: dict[str, Any], count: int = 64) -> Callable[[], object]:
    document = proven(
        presentation([secured] * count),
        purpose="authentication",
        domain=EXPECTED.domain,
        challenge=EXPECTED.challenge,
    )
    return verifying(json.dumps(document), EXPECTED)


def orders(count: int) -> Iterator[tuple[str, ...]]:
    """Return known contexts that go together, in ever other orders."""
    together = [url for url in sorted(bundled().urls()) if "v1" not in url or "health" in url]
    return islice(product(together, repeat=6), 100, 100 + count)


def proven_rdfc(document: Mapping[str, Any]) -> dict[str, Any]:
    return dict(
        add_proof(
            document,
            signer=SIGNER,
            verification_method=METHOD,
            purpose="assertionMethod",
            created=None,
            suite=EddsaRdfc2022(JSON_LD),
        )
    )


def presentation(credentials: list[Any]) -> dict[str, Any]:
    return {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "holder": str(DID),
        "verifiableCredential": credentials,
    }


def _deep(depth: int) -> dict[str, Any]:
    value: Any = {"a": 1}
    for _ in range(depth):
        value = {"a": value}
    return {**credential(value), "proof": proof()}
