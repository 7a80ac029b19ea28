"""Every fixture of the BBS draft (decentralized-identity/bbs-signature), for each suite present."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ssi_core.bbs import proof, signature
from ssi_core.bbs.ciphersuite import BLS12_381_SHA_256, Ciphersuite
from ssi_core.bbs.generators import create_generators
from ssi_core.bbs.keys import BbsPublicKey, BbsSecretKey
from ssi_core.bbs.points import Scalar, decode_scalar, reduce_to_scalar
from ssi_core.errors import SsiError

# The fixtures of the other suite are not there; tests/unit/ssi_core/bbs has facts of it.
SUITES = {"bls12-381-sha-256": BLS12_381_SHA_256}

pytestmark = pytest.mark.spec("draft-irtf-cfrg-bbs-signatures-09", "Test Vectors")


@pytest.fixture(params=SUITES)
def folder(request: pytest.FixtureRequest, vectors: Path) -> Path:
    found: Path = vectors / "bbs-signature" / request.param
    return found


@pytest.fixture
def suite(folder: Path) -> Ciphersuite:
    return SUITES[folder.name]


def _read(path: Path) -> Any:
    return json.loads(path.read_text(), object_hook=_unhex)


def _unhex(members: dict[str, Any]) -> dict[str, Any]:
    return {name: _bytes_if_hex(value) for name, value in members.items()}


def _bytes_if_hex(value: Any) -> Any:
    if isinstance(value, list):
        return [_bytes_if_hex(item) for item in value]
    try:
        return bytes.fromhex(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _cases(folder: Path) -> Iterator[Any]:
    files = sorted(folder.glob("*.json"))
    assert files
    yield from map(_read, files)


def test_the_key_pair_is_the_published_one(folder, suite):
    published = _read(folder / "keypair.json")

    key = BbsSecretKey.derive(
        published["keyMaterial"],
        key_info=published["keyInfo"],
        key_dst=published["keyDst"],
        suite=suite,
    )

    assert key.secret == published["keyPair"]["secretKey"]
    assert key.public_key.raw == published["keyPair"]["publicKey"]


def test_generators_are_the_published_ones(folder, suite):
    published = _read(folder / "generators.json")

    generators = create_generators(suite, len(published["MsgGenerators"]))

    assert generators.p1.to_compressed_bytes() == published["P1"]
    assert generators.q1.to_compressed_bytes() == published["Q1"]
    assert [point.to_compressed_bytes() for point in generators.messages] == (
        published["MsgGenerators"]
    )


def test_messages_map_to_the_published_scalars(folder, suite):
    published = _read(folder / "MapMessageToScalarAsHash.json")

    scalars = suite.messages_to_scalars([case["message"] for case in published["cases"]])

    assert [scalar.to_be_bytes() for scalar in scalars] == [
        case["scalar"] for case in published["cases"]
    ]


def test_octets_hash_to_the_published_scalars(folder, suite):
    published = _read(folder / "h2s.json")
    random = _read(folder / "mockedRng.json")

    scalar = suite.hash_to_scalar(published["message"], published["dst"])
    stream = suite.expand_message(random["seed"], random["dst"], random["count"] * 48)

    assert scalar.to_be_bytes() == published["scalar"]
    assert [
        reduce_to_scalar(stream[start : start + 48]).to_be_bytes()
        for start in range(0, len(stream), 48)
    ] == random["mockedScalars"]


def test_signatures_hold_or_not_as_published(folder, suite):
    for case in _cases(folder / "signature"):
        key = BbsPublicKey(case["signerKeyPair"]["publicKey"])
        if case["result"]["valid"]:
            signature.verify(
                key, case["signature"], case["messages"], header=case["header"], suite=suite
            )
        else:
            with pytest.raises(SsiError):
                signature.verify(
                    key, case["signature"], case["messages"], header=case["header"], suite=suite
                )


def test_signing_gives_the_published_signatures(folder, suite):
    valid = [case for case in _cases(folder / "signature") if case["result"]["valid"]]

    for case in valid:
        key = BbsSecretKey(case["signerKeyPair"]["secretKey"])
        signed = signature.sign(key, case["messages"], header=case["header"], suite=suite)

        assert signed == case["signature"]


def _verify(case: Any, suite: Ciphersuite) -> None:
    proof.verify(
        BbsPublicKey(case["signerPublicKey"]),
        case["proof"],
        {index: case["messages"][index] for index in case["disclosedIndexes"]},
        header=case["header"],
        presentation_header=case["presentationHeader"],
        suite=suite,
    )


def test_proofs_hold_or_not_as_published(folder, suite):
    for case in _cases(folder / "proof"):
        if case["result"]["valid"]:
            _verify(case, suite)
        else:
            with pytest.raises(SsiError):
                _verify(case, suite)


def _first(scalars: list[Scalar], count: int) -> list[Scalar]:
    return scalars[:count]


def test_proving_with_the_published_randomness_gives_the_published_proofs(folder, suite):
    valid = [case for case in _cases(folder / "proof") if case["result"]["valid"]]

    for case in valid:
        drawn = case["trace"]["random_scalars"]
        names = ("r1", "r2", "e_tilde", "r1_tilde", "r3_tilde")
        scalars = [decode_scalar(drawn[name]) for name in names]
        scalars += [decode_scalar(scalar) for scalar in drawn["m_tilde_scalars"]]
        made = proof.generate(
            BbsPublicKey(case["signerPublicKey"]),
            case["signature"],
            case["messages"],
            case["disclosedIndexes"],
            header=case["header"],
            presentation_header=case["presentationHeader"],
            suite=suite,
            randomness=partial(_first, scalars),
        )

        assert made == case["proof"]
