// The two recipient algorithms of LTP-1, step by step as its page has them: a KEM that joins ML-KEM with a
// classical exchange, and HPKE's base mode over it. Every primitive is from the noble libraries; none is OpenSSL's.
import { gcm } from "@noble/ciphers/aes.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { p384 } from "@noble/curves/nist.js";
import { sha3_256, shake256 } from "@noble/hashes/sha3.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { ml_kem1024, ml_kem768 } from "@noble/post-quantum/ml-kem.js";

const SEED_LENGTH = 32;
const KEY_LENGTH = 32;
const NONCE_LENGTH = 12;
const EXPORTER_LENGTH = 64;
const TAG_LENGTH = 16;

/** One exchange on a curve, with public keys and shared secrets in the form that the KEM joins. */
const X25519 = {
  secretLength: 32,
  publicLength: 32,
  fresh: () => x25519.utils.randomSecretKey(),
  publicOf: (secret) => x25519.getPublicKey(secret),
  shared: (secret, theirs) => x25519.getSharedSecret(secret, theirs),
};
const P384 = {
  secretLength: 48,
  publicLength: 97,
  fresh: () => p384.utils.randomSecretKey(),
  publicOf: (secret) => p384.getPublicKey(secret, false),
  // The shared secret is the x coordinate alone, without the byte that tells the form of a point.
  shared: (secret, theirs) => p384.getSharedSecret(secret, theirs, true).subarray(1),
};

const algorithm = (name, kemId, pq, pqPublicLength, pqCipherLength, curve, label) => ({
  name, kemId, pq, pqPublicLength, pqCipherLength, curve, label: utf8ToBytes(label),
  publicLength: pqPublicLength + curve.publicLength,
  encapsulationLength: pqCipherLength + curve.publicLength,
});

export const RECIPIENTS = new Map([
  ["HPKE-9-KE", algorithm("HPKE-9-KE", 0x647a, ml_kem768, 1184, 1088, X25519, "\\.//^\\")],
  ["HPKE-10-KE", algorithm("HPKE-10-KE", 0x0051, ml_kem1024, 1568, 1568, P384, "MLKEM1024-P384")],
]);

/** The secret and public halves that a 32-byte seed makes. */
export const expand = (alg, seed) => {
  if (seed.length !== SEED_LENGTH) throw new RangeError("a seed has 32 bytes");
  const { pq, curve } = alg;
  const bytes = shake256(seed, { dkLen: 64 + curve.secretLength });
  const lattice = pq.keygen(bytes.subarray(0, 64));
  const classical = bytes.subarray(64);
  const classicalPublic = curve.publicOf(classical);
  return {
    bytes, lattice: lattice.secretKey, classical, classicalPublic,
    publicKey: concatBytes(lattice.publicKey, classicalPublic),
  };
};

const combine = (alg, latticeSecret, classicalSecret, ephemeral, recipientPoint) =>
  sha3_256(concatBytes(latticeSecret, classicalSecret, ephemeral, recipientPoint, alg.label));

/** A fresh shared secret for a public key, and what carries it. */
const encapsulate = (alg, publicKey) => {
  const theirs = publicKey.subarray(alg.pqPublicLength);
  const lattice = alg.pq.encapsulate(publicKey.subarray(0, alg.pqPublicLength));
  const secret = alg.curve.fresh();
  const ephemeral = alg.curve.publicOf(secret);
  const shared = combine(alg, lattice.sharedSecret, alg.curve.shared(secret, theirs), ephemeral, theirs);
  return { shared, encapsulation: concatBytes(lattice.cipherText, ephemeral) };
};

/** The shared secret that an encapsulation carries, and the two that it is joined from. */
export const exchange = (alg, key, encapsulation) => {
  const ephemeral = encapsulation.subarray(alg.pqCipherLength);
  const ss1 = alg.pq.decapsulate(encapsulation.subarray(0, alg.pqCipherLength), key.lattice);
  const ss2 = alg.curve.shared(key.classical, ephemeral);
  return { ss1, ss2, shared: combine(alg, ss1, ss2, ephemeral, key.classicalPublic) };
};

export const INFO = concatBytes(utf8ToBytes("JOSE-HPKE rcpt"), Uint8Array.of(0xff), utf8ToBytes("A256GCM"), Uint8Array.of(0xff));
const two = (number) => Uint8Array.of(number >> 8, number & 0xff);
const prefixed = (bytes) => concatBytes(two(bytes.length), bytes);

/** HPKE's key schedule for base mode and the one-stage KDF SHAKE256: the key and nonce for one message. */
export const schedule = (alg, shared) => {
  const suite = concatBytes(utf8ToBytes("HPKE"), two(alg.kemId), two(0x0011), two(0x0002));
  const none = new Uint8Array(0);
  const length = KEY_LENGTH + NONCE_LENGTH + EXPORTER_LENGTH;
  const bytes = shake256(
    concatBytes(
      prefixed(none), prefixed(shared), utf8ToBytes("HPKE-v1"), suite, prefixed(utf8ToBytes("secret")), two(length),
      Uint8Array.of(0), prefixed(none), prefixed(INFO),
    ),
    { dkLen: length },
  );
  return { key: bytes.subarray(0, KEY_LENGTH), nonce: bytes.subarray(KEY_LENGTH, KEY_LENGTH + NONCE_LENGTH) };
};

/** The content key, wrapped for a public key. */
export const wrap = (alg, publicKey, contentKey) => {
  const { shared, encapsulation } = encapsulate(alg, publicKey);
  const { key, nonce } = schedule(alg, shared);
  return { encapsulation, wrapped: gcm(key, nonce).encrypt(contentKey) };
};

/** The content key again; throws whatever a primitive throws when it cannot be had. */
export const unwrap = (alg, key, encapsulation, wrapped) => {
  const { key: wrapping, nonce } = schedule(alg, exchange(alg, key, encapsulation).shared);
  return gcm(wrapping, nonce).decrypt(wrapped);
};

export { randomBytes, TAG_LENGTH, NONCE_LENGTH, KEY_LENGTH };
