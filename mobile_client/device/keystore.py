"""The refresh token under a key of Android's key store, which never leaves the phone's hardware."""

from pathlib import Path

from mobile_client.device.java import Java, java_class, java_error
from mobile_client.device.tokens import write_private

_ALIAS = "tuyen-refresh-token"
_STORE = "AndroidKeyStore"
_CIPHER = "AES/GCM/NoPadding"
_TAG_BITS = 128
_IV_BYTES = 12


class KeystoreTokens:
    """Keeps the token as IV and AES-GCM ciphertext in a private file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str | None:
        """Return the token, None when there is none or its key is gone."""
        try:
            sealed = self._path.read_bytes()
        except FileNotFoundError:
            return None
        cipher = java_class("javax.crypto.Cipher")
        spec = java_class("javax.crypto.spec.GCMParameterSpec")(_TAG_BITS, sealed[:_IV_BYTES])
        opener = cipher.getInstance(_CIPHER)
        try:
            opener.init(cipher.DECRYPT_MODE, self._key(), spec)
            opened = opener.doFinal(sealed[_IV_BYTES:])
        except java_error():
            # A restored backup has the file without the key: the person signs in again.
            return None
        return bytes(opened).decode()

    def write(self, secret: str) -> None:
        """Seal the token and replace the file."""
        cipher = java_class("javax.crypto.Cipher")
        sealer = cipher.getInstance(_CIPHER)
        sealer.init(cipher.ENCRYPT_MODE, self._key())
        sealed = bytes(sealer.doFinal(secret.encode()))
        write_private(self._path, bytes(sealer.getIV()) + sealed)

    def clear(self) -> None:
        """Delete the file."""
        self._path.unlink(missing_ok=True)

    def _key(self) -> Java:
        store = java_class("java.security.KeyStore").getInstance(_STORE)
        store.load(None)
        key = store.getKey(_ALIAS, None)
        return self._make_key() if key is None else key

    @staticmethod
    def _make_key() -> Java:
        purposes = java_class("android.security.keystore.KeyProperties")
        builder = java_class("android.security.keystore.KeyGenParameterSpec$Builder")(
            _ALIAS, purposes.PURPOSE_ENCRYPT | purposes.PURPOSE_DECRYPT
        )
        builder.setBlockModes(["GCM"])
        builder.setEncryptionPaddings(["NoPadding"])
        maker = java_class("javax.crypto.KeyGenerator").getInstance("AES", _STORE)
        maker.init(builder.build())
        return maker.generateKey()
