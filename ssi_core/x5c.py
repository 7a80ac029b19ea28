"""X.509 certificate chains as JOSE headers carry them: `x5c`, RFC 7515 section 4.1.6."""

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final, Self, final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import verification

from ssi_core.encoding import base64url_encode
from ssi_core.errors import AlgorithmError, MalformedError, TrustError
from ssi_core.json_types import JsonValue
from ssi_core.keys import P256PublicKey
from ssi_core.period import Period
from ssi_core.strict_json import as_texts

MAX_CERTIFICATES: Final = 8
_MAX_CHARACTERS: Final = 16_384


@dataclass(frozen=True, slots=True)
@final
class CertificateChain:
    """A chain as it was sent, leaf first. Parsing proves nothing: call `require_trusted`."""

    certificates: tuple[x509.Certificate, ...]

    @classmethod
    def parse(cls, header: JsonValue, *, at: str = "/header/x5c") -> Self:
        """Read the `x5c` array: base64 (not base64url) of DER, at most 8 certificates."""
        texts = as_texts(header, at=at)
        if len(texts) > MAX_CERTIFICATES:
            raise MalformedError("certificate chain is longer than allowed", at=at)
        return cls(tuple(_certificate(text, f"{at}/{i}") for i, text in enumerate(texts)))

    def render(self) -> list[str]:
        """Return the `x5c` array."""
        return [base64.b64encode(_der(item)).decode("ascii") for item in self.certificates]

    @property
    def leaf_hash(self) -> str:
        """The base64url SHA-256 of the leaf's DER (OpenID4VP 1.0 `x509_hash`)."""
        return base64url_encode(sha256(_der(self.certificates[0])).digest())

    @property
    def leaf(self) -> bytes:
        """The leaf's DER, as `require_trusted` takes it."""
        return _der(self.certificates[0])

    @property
    def leaf_key(self) -> P256PublicKey:
        """The leaf's public key; `AlgorithmError` unless it is on P-256."""
        try:
            key = self.certificates[0].public_key()
        except (ValueError, UnsupportedAlgorithm):
            raise AlgorithmError("certificate key is not supported", at="/header/x5c/0") from None
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            raise AlgorithmError("certificate key is not on P-256", at="/header/x5c/0")
        return P256PublicKey(key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))

    @property
    def dns_names(self) -> frozenset[str]:
        """The leaf's `dNSName` subject alternative names, in lower case."""
        try:
            extension = self.certificates[0].extensions.get_extension_for_class(
                x509.SubjectAlternativeName
            )
        except x509.ExtensionNotFound:
            return frozenset()
        except ValueError:
            raise MalformedError("certificate cannot be read", at="/header/x5c/0") from None
        return frozenset(name.lower() for name in extension.value.get_values_for_type(x509.DNSName))

    def require_trusted(self, *, trusted: Collection[bytes], at: datetime) -> None:
        """Return if the chain leads to one of the DER certificates in `trusted`, all valid at `at`.

        A trusted leaf needs no chain. Nothing trusted, or no path: `TrustError`.
        """
        if not trusted:
            raise TrustError("no certificate is trusted here", at="/header/x5c")
        leaf = self.certificates[0]
        if _der(leaf) in trusted:
            Period(leaf.not_valid_before_utc, leaf.not_valid_after_utc).require(
                at, at="/header/x5c/0"
            )
            return
        _require_path(self.certificates, trusted, at)


def _require_path(
    certificates: tuple[x509.Certificate, ...], trusted: Collection[bytes], at: datetime
) -> None:
    try:
        anchors = [x509.load_der_x509_certificate(der) for der in trusted]
    except ValueError:
        raise MalformedError("a trusted certificate cannot be read") from None
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store(anchors))
        .time(at)
        .max_chain_depth(MAX_CERTIFICATES)
        .extension_policies(
            ca_policy=_authority_policy(), ee_policy=verification.ExtensionPolicy.permit_all()
        )
        .build_client_verifier()
    )
    try:
        verifier.verify(certificates[0], list(certificates[1:]))
    except (verification.VerificationError, ValueError, UnsupportedAlgorithm):
        raise TrustError("no path to a trusted certificate", at="/header/x5c") from None


def _authority_policy() -> verification.ExtensionPolicy:
    return (
        verification.ExtensionPolicy.permit_all()
        .require_present(
            x509.BasicConstraints, verification.Criticality.AGNOSTIC, _require_authority
        )
        .may_be_present(x509.KeyUsage, verification.Criticality.AGNOSTIC, _require_certificate_sign)
    )


def _require_authority(
    _policy: verification.Policy, _certificate: x509.Certificate, value: x509.BasicConstraints
) -> None:
    if not value.ca:
        raise ValueError("not a certificate authority")


def _require_certificate_sign(
    _policy: verification.Policy, _certificate: x509.Certificate, value: x509.KeyUsage | None
) -> None:
    if value is not None and not value.key_cert_sign:
        raise ValueError("may not sign certificates")


def _certificate(text: str, at: str) -> x509.Certificate:
    if len(text) > _MAX_CHARACTERS:
        raise MalformedError("certificate is larger than allowed", at=at)
    try:
        return x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        raise MalformedError("not a base64 DER certificate", at=at) from None


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
