"""The keys of one local cluster: its certificate authority, its serving certificate, its service-account key."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA, SERVING_CERTIFICATE, SERVING_KEY, SERVICE_ACCOUNT_KEY = "ca.crt", "serving.crt", "serving.key", "service-accounts.key"


def write(directory: Path) -> str:
    """Writes the files named above and answers the authority's certificate as PEM.

    The authority's own key is thrown away: nothing else is ever signed with it.
    """
    authority_key, serving_key = _key(), _key()
    authority = _certificate("kubernetes", authority_key, None, authority_key)
    serving = _certificate("kube-apiserver", serving_key, authority, authority_key)
    ca_pem = authority.public_bytes(serialization.Encoding.PEM)
    (directory / CA).write_bytes(ca_pem)
    (directory / SERVING_CERTIFICATE).write_bytes(serving.public_bytes(serialization.Encoding.PEM))
    for name, key in ((SERVING_KEY, serving_key), (SERVICE_ACCOUNT_KEY, _key())):
        (directory / name).touch(mode=0o600)
        (directory / name).write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )
    return ca_pem.decode()


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    """An authority when nobody issues it, else a server's certificate for the loopback addresses."""
    now = datetime.now(timezone.utc)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    authority = issuer is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        # Strict verifiers (Python 3.13) want the authority's key named.
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
                key_agreement=False, key_cert_sign=authority, crl_sign=authority, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
    )
    if not authority:
        names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
