"""Certificates that sign themselves, for issuers that are known by one."""

import base64
from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ssi_core.keys import P256Signer
from tests.simulator.credentials import NOON


@dataclass(frozen=True, slots=True)
class Certified:
    """A key and a certificate for it, valid for a day before and after noon."""

    signer: P256Signer
    der: bytes

    @property
    def x5c(self) -> list[str]:
        return [base64.b64encode(self.der).decode("ascii")]


def certify(host: str) -> Certified:
    """Make a key and have it vouch for itself as `host`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOON - timedelta(days=1))
        .not_valid_after(NOON + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    scalar = key.private_numbers().private_value.to_bytes(32, "big")
    return Certified(P256Signer(scalar), certificate.public_bytes(Encoding.DER))
