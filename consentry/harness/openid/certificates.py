"""The profile's own certificate authority, for the Client Identifier Prefixes of X.509."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ssi_core.adapters.files import read_file, replace_file
from ssi_core.adapters.keystore import KeyStore
from ssi_core.errors import MalformedError
from ssi_core.keys import P256PublicKey, PublicKey
from ssi_core.x5c import CertificateChain

_KEY: Final = "authority"
_NAME: Final = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Consentry harness authority")])
_TEN_YEARS: Final = timedelta(days=3650)
_YEAR: Final = timedelta(days=365)
# Clocks of others may be behind ours.
_SLACK: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority that certifies nobody but this profile; its certificate outlives the process."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def open(cls, path: Path, *, keystore: KeyStore, at: datetime) -> Self:
        """Return the authority whose certificate (PEM) is at `path`, made on first use."""
        signer = keystore.p256(_KEY)
        key = ec.derive_private_key(int.from_bytes(signer.secret, "big"), ec.SECP256R1())
        kept = read_file(path)
        if kept is None:
            certificate = _own_certificate(key, at)
            replace_file(path, certificate.public_bytes(Encoding.PEM))
            return cls(key, certificate)
        try:
            return cls(key, x509.load_pem_x509_certificate(kept))
        except ValueError:
            raise MalformedError("the authority's certificate cannot be read") from None

    @property
    def pem(self) -> bytes:
        """The authority's certificate, for wallets that are to believe it."""
        return self.certificate.public_bytes(Encoding.PEM)

    def certify(self, key: PublicKey, *, host: str, at: datetime) -> CertificateChain:
        """Return a chain for `key` in the name of `host`; the anchor itself is not sent along."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Consentry harness")])
        public = _p256(key)
        leaf = (
            _blank(subject, public, at, _YEAR)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(certificates=False), critical=True)
            .add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )
        return CertificateChain((leaf,))


def _own_certificate(key: ec.EllipticCurvePrivateKey, at: datetime) -> x509.Certificate:
    return (
        _blank(_NAME, key.public_key(), at, _TEN_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _blank(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, at: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_NAME)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _SLACK)
        .not_valid_after(at + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _names(host: str) -> list[x509.GeneralName]:
    # `x509_san_dns` knows names only; a harness on a bare address gets it as both.
    names: list[x509.GeneralName] = [x509.DNSName(host)]
    with suppress(ValueError):
        names.append(x509.IPAddress(ip_address(host)))
    return names


def _p256(key: PublicKey) -> ec.EllipticCurvePublicKey:
    if not isinstance(key, P256PublicKey):
        raise MalformedError("a certificate is for a P-256 key")
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.raw)
