"""Ed25519 keys and signatures as text."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from un20portal.lib.signatures import is_signed, key_id, public_key_of, read_private_key, sign

# RFC 8032, section 7.1, test 2
SECRET = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
PUBLIC = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
SIGNATURE = (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def pem(key: object, encryption: KeySerializationEncryption | None = None) -> str:
    written: bytes = key.private_bytes(  # type: ignore[attr-defined]
        Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()
    )
    return written.decode()


def test_signs_as_the_standard_says() -> None:
    key = read_private_key(f"{SECRET}\n")
    assert public_key_of(key) == PUBLIC
    assert sign("r", key) == SIGNATURE
    assert is_signed("r", signature=SIGNATURE, public_key=PUBLIC)


def test_reads_the_same_key_from_pem() -> None:
    key = read_private_key(SECRET)
    assert public_key_of(read_private_key(f"\n{pem(key)}")) == PUBLIC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 64,
        SECRET[:62],
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        pem(generate_private_key(SECP256R1())),
        pem(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"secret")),
    ],
    ids=["nothing", "no digits", "too short", "no key", "another kind", "with a password"],
)
def test_refuses_what_is_no_usable_key(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # each library words it in its own way
        read_private_key(text)


@pytest.mark.parametrize(
    ("text", "signature", "public_key"),
    [
        ("s", SIGNATURE, PUBLIC),
        ("r", SIGNATURE.replace("9", "8"), PUBLIC),
        ("r", SIGNATURE, SECRET),
        ("r", "", PUBLIC),
        ("r", SIGNATURE, "zz"),
    ],
    ids=["another text", "another signature", "another key", "no signature", "no key"],
)
def test_finds_what_was_not_signed(text: str, signature: str, public_key: str) -> None:
    assert not is_signed(text, signature=signature, public_key=public_key)


def test_names_a_key_by_its_hash() -> None:
    assert key_id(PUBLIC) == "39f713d0a644253f"
