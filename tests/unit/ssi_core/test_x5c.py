"""Certificate chains: parsed, and followed to what the caller trusts."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ssi_core.errors import AlgorithmError, ExpiredError, MalformedError, TrustError
from ssi_core.x5c import CertificateChain

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SPAN = timedelta(days=300)


def _certificate(
    subject, key, *, issuer=None, issuer_key=None, authority=False, dns=None, sign=True, until=None
):
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, n)])
        for n in (subject, issuer or subject)
    ]
    builder = (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - SPAN)
        .not_valid_after(until or NOW + SPAN)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if authority:
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=sign,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(usage, critical=True)
    if dns:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(dns)])
        builder = builder.add_extension(alternatives, critical=False)
    signed = builder.sign(issuer_key or key, hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


def _key():
    return ec.generate_private_key(ec.SECP256R1())


def _chain(*ders):
    return CertificateChain.parse([base64.b64encode(der).decode() for der in ders])


ROOT_KEY, MIDDLE_KEY, LEAF_KEY = _key(), _key(), _key()
ROOT = _certificate("root", ROOT_KEY, authority=True)
MIDDLE = _certificate("middle", MIDDLE_KEY, issuer="root", issuer_key=ROOT_KEY, authority=True)
LEAF = _certificate(
    "leaf", LEAF_KEY, issuer="middle", issuer_key=MIDDLE_KEY, dns="Verifier.example"
)


def test_a_chain_to_a_trusted_root_is_trusted():
    chain = _chain(LEAF, MIDDLE)

    chain.require_trusted(trusted=[ROOT], at=NOW)

    assert chain.dns_names == {"verifier.example"}
    assert chain.leaf_key.jwk["crv"] == "P-256"
    assert CertificateChain.parse(chain.render()) == chain


def test_a_leaf_that_is_itself_trusted_needs_no_chain_but_must_be_valid():
    alone = _certificate("alone", LEAF_KEY)

    _chain(alone).require_trusted(trusted=[alone], at=NOW)

    with pytest.raises(ExpiredError):
        _chain(alone).require_trusted(trusted=[alone], at=NOW + 2 * SPAN)


@pytest.mark.parametrize(
    ("chain", "trusted"),
    [
        ((LEAF, MIDDLE), []),
        ((LEAF,), [ROOT]),
        ((LEAF, MIDDLE), [_certificate("root", _key(), authority=True)]),
        ((_certificate("alone", LEAF_KEY),), [ROOT]),
    ],
    ids=["nothing trusted", "a link missing", "another root of that name", "self-signed"],
)
def test_without_a_path_to_what_is_trusted_it_is_refused(chain, trusted):
    with pytest.raises(TrustError):
        _chain(*chain).require_trusted(trusted=trusted, at=NOW)


@pytest.mark.parametrize(
    "middle",
    [
        _certificate("middle", MIDDLE_KEY, issuer="root", issuer_key=ROOT_KEY),
        _certificate(
            "middle", MIDDLE_KEY, issuer="root", issuer_key=ROOT_KEY, authority=True, sign=False
        ),
        _certificate(
            "middle",
            MIDDLE_KEY,
            issuer="root",
            issuer_key=ROOT_KEY,
            authority=True,
            until=NOW - timedelta(days=1),
        ),
    ],
    ids=["no authority", "may not sign certificates", "expired"],
)
def test_a_link_that_may_not_certify_is_refused(middle):
    with pytest.raises(TrustError):
        _chain(LEAF, middle).require_trusted(trusted=[ROOT], at=NOW)


def test_a_leaf_that_has_expired_is_refused():
    with pytest.raises(TrustError):
        _chain(LEAF, MIDDLE).require_trusted(trusted=[ROOT], at=NOW + 2 * SPAN)


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)]
)
def test_only_p256_leaves_have_a_key_for_us(key):
    chain = _chain(_certificate("leaf", key))

    with pytest.raises(AlgorithmError):
        _ = chain.leaf_key


@pytest.mark.parametrize(
    "header",
    [None, [], "MIIB", ["!"], [""], [7], ["AAAA"], ["A" * 20_000], ["AAAA"] * 9],
)
def test_what_is_no_chain_is_malformed(header):
    with pytest.raises(MalformedError):
        CertificateChain.parse(header)
