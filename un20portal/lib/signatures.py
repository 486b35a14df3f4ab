"""Ed25519: reading a private key, signing a text, checking a signature. All in hexadecimal text."""

import hashlib

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def read_private_key(text: str) -> Ed25519PrivateKey:
    """Read a key from PEM without a password, or from the 64 digits of its 32 bytes; else ValueError."""
    if not text.lstrip().startswith("-----BEGIN"):
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))
    try:
        key = load_pem_private_key(text.strip().encode(), password=None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"this key cannot be read: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("this key is not of the kind Ed25519")
    return key


def public_key_of(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def key_id(public_key: str) -> str:
    """Name a public key: the first 16 digits of the SHA-256 of its bytes."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]


def sign(text: str, key: Ed25519PrivateKey) -> str:
    """Return the signature under the UTF-8 bytes of `text`."""
    return key.sign(text.encode()).hex()


def is_signed(text: str, *, signature: str, public_key: str) -> bool:
    """Whether the signature was made under `text` with the private half of this key."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(
            bytes.fromhex(signature), text.encode()
        )
    except (InvalidSignature, ValueError):  # ValueError: not hexadecimal, or not 32 bytes
        return False
    return True
