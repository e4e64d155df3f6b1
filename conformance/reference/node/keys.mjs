// Section 2 of LTP-1: keys from seeds, their public JWKs and thumbprints, and the two signatures.
import { ed25519 } from "@noble/curves/ed25519.js";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { b64u, canonical, digest, hasExactly, refuseUnless, unb64u, utf8 } from "./forms.mjs";
import { RECIPIENTS, expand } from "./kem.mjs";

/** The two signature algorithms, in the order in which their signatures stand in a message. */
export const SIGNATURES = new Map([
  ["Ed25519", {
    jwk: { alg: "Ed25519", crv: "Ed25519", kty: "OKP", use: "sig" }, member: "x", named: ["crv", "kty", "x"],
    publicLength: 32, signatureLength: 64,
    publicOf: (seed) => ed25519.getPublicKey(seed),
    sign: (seed, data) => ed25519.sign(data, seed),
    // Without this option noble follows ZIP 215, which lets through encodings that RFC 8032 refuses.
    verify: (signature, data, key) => ed25519.verify(signature, data, key, { zip215: false }),
  }],
  ["ML-DSA-65", {
    jwk: { alg: "ML-DSA-65", kty: "AKP", use: "sig" }, member: "pub", named: ["alg", "kty", "pub"],
    publicLength: 1952, signatureLength: 3309,
    publicOf: (seed) => ml_dsa65.keygen(seed).publicKey,
    sign: (seed, data) => ml_dsa65.sign(data, ml_dsa65.keygen(seed).secretKey),
    verify: (signature, data, key) => ml_dsa65.verify(signature, data, key),
  }],
]);

const encryption = ({ name, publicLength }) => ({
  jwk: { alg: name, kty: "AKP", use: "enc" }, member: "pub", named: ["alg", "kty", "pub"], publicLength,
});

const form = (alg) => SIGNATURES.get(alg) ?? encryption(RECIPIENTS.get(alg));

const isKnown = (alg) => SIGNATURES.has(alg) || RECIPIENTS.has(alg);

/** The text whose SHA-256 is the RFC 7638 thumbprint of a JWK. */
export const thumbprintInput = (jwk) => canonical(Object.fromEntries(form(jwk.alg).named.map((name) => [name, jwk[name]])));

export const thumbprint = (jwk) => digest(utf8(thumbprintInput(jwk)));

const publicJwk = (alg, bytes) => {
  const { jwk, member } = form(alg);
  const whole = { ...jwk, [member]: b64u(bytes) };
  return { ...whole, kid: thumbprint(whole) };
};

/** The public JWK of the key that a seed makes. */
export const jwkOfSeed = (alg, seed) => {
  const bytes = SIGNATURES.has(alg) ? SIGNATURES.get(alg).publicOf(seed) : expand(RECIPIENTS.get(alg), seed).publicKey;
  return publicJwk(alg, bytes);
};

/** The public bytes of a JWK; refuses one that is not exactly the JWK of those bytes. */
export const publicBytes = (jwk) => {
  refuseUnless(jwk !== null && typeof jwk === "object" && isKnown(jwk.alg), "bad_key");
  const { jwk: fixed, member, publicLength } = form(jwk.alg);
  refuseUnless(hasExactly(jwk, [...Object.keys(fixed), member, "kid"]), "bad_key");
  const bytes = unb64u(jwk[member]);
  refuseUnless(bytes.length === publicLength, "bad_key");
  refuseUnless(canonical(jwk) === canonical(publicJwk(jwk.alg, bytes)), "bad_key");
  return bytes;
};
