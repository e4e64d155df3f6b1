// LTP-1, the message profile of the Learner Transfer Profile: seal, unseal, receipts and evidence.
// Section numbers are those of docs/spec/ltp-1.md. No I/O: keys, the directory and the time are parameters.
import { gcm } from "@noble/ciphers/aes.js";
import { concatBytes } from "@noble/hashes/utils.js";
import {
  Refused, b64u, canonical, checkNames, digest, hasExactly, isAudience, isId, isObject, isOrganisation, isSchemaOf, isTime,
  orRefuse, parse, refuseUnless, unb64u, utf8,
} from "./forms.mjs";
import { KEY_LENGTH, NONCE_LENGTH, RECIPIENTS, TAG_LENGTH, expand, randomBytes, unwrap, wrap } from "./kem.mjs";
import { SIGNATURES, jwkOfSeed, publicBytes } from "./keys.mjs";

const MAX_ENVELOPE = 2097152;
const MAX_CLAIMS = 780000;
const MAX_RECIPIENTS = 32;
const MAX_LIFETIME = 14 * 86400;
const DEFAULT_LIFETIME = 7 * 86400;
const SKEW = 300;
const SMALLEST_CLASS = 32768;
const LARGEST_CLASS = 5;
const SPACE = 32;

const FIXED_HEADER = { crit: ["ltp"], cty: "ltp-msg+jws", enc: "A256GCM", ltp: 1, typ: "ltp-msg+jwe" };
const REPLICATED = ["aud", "exp", "iat", "iss", "jti"];
const CLAIMS = [...REPLICATED, "body", "mt", "nonce", "sv"];

const randomId = () => b64u(randomBytes(16));
const organisationOf = (address) => address.split("/")[0];
const isLifetime = (iat, exp) => exp > iat && exp - iat <= MAX_LIFETIME;

// ---- section 3: claims

const areClaims = (claims) =>
  hasExactly(claims, CLAIMS, ["irt"]) &&
  isOrganisation(claims.iss) && isAudience(claims.aud) &&
  isTime(claims.iat) && isTime(claims.exp) && isLifetime(claims.iat, claims.exp) &&
  isId(claims.jti) && isId(claims.nonce) && (claims.irt === undefined || isId(claims.irt)) &&
  ["bundle", "receipt"].includes(claims.mt) && isSchemaOf(claims.mt, claims.sv) &&
  isObject(claims.body);

const claimsOf = ({ iss, aud, mt, sv, body, iat, exp = iat + DEFAULT_LIFETIME, jti = randomId(), nonce = randomId(), irt }) => ({
  aud: [aud], body, exp, iat, iss, jti, mt, nonce, sv, ...(irt === undefined ? {} : { irt }),
});

// `body` alone may be 254 levels deep, so the object around it may have one more.
const LEVELS = 255;

const payloadOf = (claims) => {
  canonical(claims.body);
  checkNames(claims.body);
  refuseUnless(areClaims(claims), "bad_message");
  const payload = utf8(canonical(claims, LEVELS));
  refuseUnless(payload.length <= MAX_CLAIMS, "too_large");
  return payload;
};

const readClaims = (payload) =>
  orRefuse("bad_claims", 10, () => {
    const claims = parse(payload, LEVELS);
    refuseUnless(areClaims(claims), "bad_claims");
    canonical(claims.body);
    checkNames(claims.body);
    return claims;
  });

// ---- section 4: the signed text

export const signedHeader = (alg, kid) => ({ alg, crit: ["ltp"], kid, ltp: 1, typ: "ltp-msg+jws" });

/** The signed text of a payload; `sender` maps the two algorithms to their seeds. */
const sign = (payload, sender) => {
  const text = b64u(payload);
  const signatures = [...SIGNATURES].map(([alg, { sign: signWith }]) => {
    const seed = unb64u(sender[alg]);
    const protectedText = b64u(utf8(canonical(signedHeader(alg, jwkOfSeed(alg, seed).kid))));
    return { protected: protectedText, signature: b64u(signWith(seed, utf8(`${protectedText}.${text}`))) };
  });
  return utf8(canonical({ payload: text, signatures }));
};

const signedPart = (entry, alg) => {
  refuseUnless(hasExactly(entry, ["protected", "signature"]), "bad_jws");
  const header = parse(unb64u(entry.protected));
  refuseUnless(typeof header?.kid === "string" && /^[A-Za-z0-9_-]{1,100}$/.test(header.kid), "bad_jws");
  refuseUnless(canonical(header) === canonical(signedHeader(alg, header.kid)), "bad_jws");
  return { alg, kid: header.kid, protectedText: entry.protected, signature: unb64u(entry.signature) };
};

const readSigned = (bytes) =>
  orRefuse("bad_jws", 9, () => {
    const jws = parse(bytes);
    refuseUnless(hasExactly(jws, ["payload", "signatures"]) && typeof jws.payload === "string", "bad_jws");
    refuseUnless(Array.isArray(jws.signatures), "bad_jws");
    const algorithms = [...SIGNATURES.keys()];
    refuseUnless(jws.signatures.length === algorithms.length, "bad_jws");
    const parts = jws.signatures.map((entry, at) => signedPart(entry, algorithms[at]));
    return { payloadText: jws.payload, payload: unb64u(jws.payload), parts };
  });

const verifyPart = ({ alg, protectedText, signature }, jwk, payloadText) => {
  refuseUnless(jwk.alg === alg, "unknown_key", 9);
  const { signatureLength, verify } = SIGNATURES.get(alg);
  const fits = signature.length === signatureLength;
  refuseUnless(fits && verify(signature, utf8(`${protectedText}.${payloadText}`), publicBytes(jwk)), "bad_signature", 9);
};

/** The payload of a signed text, after `check` agreed to each key and both signatures verified. */
const verifySigned = ({ payloadText, payload, parts }, trust, check) => {
  for (const part of parts) {
    const key = trust.keys.find(({ jwk }) => jwk.kid === part.kid);
    refuseUnless(key, "unknown_key", 9);
    check(key);
    verifyPart(part, key.jwk, payloadText);
  }
  return payload;
};

const checkValidity = (key, iat) => refuseUnless(key.nbf <= iat && iat < key.exp, "key_not_valid", 9);

// ---- section 5: padding

export const classFor = (length) => {
  let size = 0;
  while (SMALLEST_CLASS * 2 ** size < length) size += 1;
  return size;
};

const pad = (text, size) => {
  const padded = new Uint8Array(SMALLEST_CLASS * 2 ** size).fill(SPACE);
  padded.set(text);
  return padded;
};

const unpad = (padded) => {
  const size = padded.length;
  refuseUnless(size >= SMALLEST_CLASS && Number.isInteger(Math.log2(size)), "bad_padding", 8);
  let end = size;
  while (end && padded[end - 1] === SPACE) end -= 1;
  return padded.subarray(0, end);
};

// ---- sections 6, 7 and 9: the envelope

const envelopeDigest = (envelope) =>
  digest(utf8(`${envelope.protected}.${envelope.iv}.${envelope.ciphertext}.${envelope.tag}`));

const recipientEntry = (jwk, contentKey) =>
  orRefuse("bad_recipients", 0, () => {
    const { encapsulation, wrapped } = wrap(RECIPIENTS.get(jwk.alg), publicBytes(jwk), contentKey);
    return { encrypted_key: b64u(wrapped), header: { alg: jwk.alg, ek: b64u(encapsulation), kid: jwk.kid } };
  });

const encrypt = (padded, claims, recipients) => {
  const header = { ...FIXED_HEADER, ...Object.fromEntries(REPLICATED.map((name) => [name, claims[name]])) };
  const protectedText = b64u(utf8(canonical(header)));
  const contentKey = randomBytes(KEY_LENGTH);
  const iv = randomBytes(NONCE_LENGTH);
  const sealed = gcm(contentKey, iv, utf8(protectedText)).encrypt(padded);
  return {
    ciphertext: b64u(sealed.subarray(0, -TAG_LENGTH)),
    iv: b64u(iv),
    protected: protectedText,
    recipients: recipients.map((jwk) => recipientEntry(jwk, contentKey)),
    tag: b64u(sealed.subarray(-TAG_LENGTH)),
  };
};

/**
 * Seals a message. `sender` is {"Ed25519": seed, "ML-DSA-65": seed}, `recipients` the public JWKs of the one address in
 * `message.aud`. Throws Refused. Not checked: that the keys are those of `iss` and `aud`.
 */
export const seal = ({ message, sender, recipients, minimumClass = 0 }) => {
  const kids = new Set(recipients.map(({ kid }) => kid));
  refuseUnless(kids.size === recipients.length && kids.size >= 1 && kids.size <= MAX_RECIPIENTS, "bad_recipients");
  refuseUnless(Number.isInteger(minimumClass) && minimumClass >= 0 && minimumClass <= LARGEST_CLASS, "bad_size_class");
  const claims = claimsOf(message);
  const payload = payloadOf(claims);
  const signed = sign(payload, sender);
  const size = Math.max(classFor(signed.length), minimumClass);
  const envelope = encrypt(pad(signed, size), claims, recipients);
  return {
    jti: claims.jti,
    content_sha256: digest(payload),
    envelope_sha256: envelopeDigest(envelope),
    body_sha256: digest(utf8(canonical(claims.body))),
    size_class: size,
    envelope: canonical(envelope),
    jws: new TextDecoder().decode(signed),
  };
};

// ---- section 8: opening

const readEnvelope = (bytes) => {
  // Steps 1 and 2.
  refuseUnless(bytes.length <= MAX_ENVELOPE, "too_large", 1);
  let envelope;
  try {
    envelope = parse(bytes);
  } catch (problem) {
    throw new Refused(problem.code, 2);
  }
  // Step 3.
  const parts = orRefuse("bad_envelope", 3, () => {
    refuseUnless(hasExactly(envelope, ["ciphertext", "iv", "protected", "recipients", "tag"]), "bad_envelope");
    const [header, iv, tag, ciphertext] = ["protected", "iv", "tag", "ciphertext"].map((name) => unb64u(envelope[name]));
    refuseUnless(iv.length === NONCE_LENGTH && tag.length === TAG_LENGTH, "bad_envelope");
    return { header, iv, sealed: concatBytes(ciphertext, tag) };
  });
  const header = orRefuse("bad_header", 3, () => readHeader(parts.header));
  const entries = orRefuse("bad_recipients", 3, () => readEntries(envelope.recipients));
  return { envelope, header, entries, iv: parts.iv, sealed: parts.sealed };
};

const readHeader = (bytes) => {
  const header = parse(bytes);
  refuseUnless(isObject(header), "bad_header");
  refuseUnless(!Number.isInteger(header.ltp) || header.ltp === 1, "unsupported_version", 3);
  refuseUnless(hasExactly(header, [...Object.keys(FIXED_HEADER), ...REPLICATED]), "bad_header");
  for (const [name, value] of Object.entries(FIXED_HEADER)) {
    refuseUnless(canonical(header[name]) === canonical(value), "bad_header");
  }
  refuseUnless(isOrganisation(header.iss) && isAudience(header.aud) && isId(header.jti), "bad_header");
  refuseUnless(isTime(header.iat) && isTime(header.exp), "bad_header");
  return header;
};

const readEntries = (list) => {
  refuseUnless(Array.isArray(list) && list.length >= 1 && list.length <= MAX_RECIPIENTS, "bad_recipients");
  const entries = list.map((item) => {
    refuseUnless(hasExactly(item, ["encrypted_key", "header"]), "bad_recipients");
    refuseUnless(hasExactly(item.header, ["alg", "ek", "kid"]), "bad_recipients");
    const { alg, ek, kid } = item.header;
    refuseUnless(RECIPIENTS.has(alg) && unb64u(kid).length === 32, "bad_recipients");
    const entry = { alg, kid, encapsulation: unb64u(ek), wrapped: unb64u(item.encrypted_key) };
    refuseUnless(entry.encapsulation.length === RECIPIENTS.get(alg).encapsulationLength, "bad_recipients");
    refuseUnless(entry.wrapped.length === KEY_LENGTH + TAG_LENGTH, "bad_recipients");
    return entry;
  });
  refuseUnless(new Set(entries.map(({ kid }) => kid)).size === entries.length, "bad_recipients");
  return entries;
};

const checkTime = ({ iat, exp }, now) => {
  refuseUnless(isLifetime(iat, exp), "bad_lifetime", 4);
  if (now === undefined) return;
  refuseUnless(now <= exp + SKEW, "expired", 4);
  refuseUnless(now >= iat - SKEW, "not_yet_valid", 4);
};

const checkParties = (header, addresses, trust) => {
  refuseUnless(addresses.includes(header.aud[0]), "not_for_me", 5);
  refuseUnless(Object.hasOwn(trust.organisations, header.iss), "unknown_sender", 5);
  refuseUnless(trust.organisations[header.iss] === "active", "sender_inactive", 5);
};

const decrypt = ({ envelope, entries, iv, sealed }, keys) => {
  // Step 6: the first entry for a key that is held here.
  const held = new Map(keys.map(({ alg, seed }) => [jwkOfSeed(alg, unb64u(seed)).kid, { alg, seed }]));
  const entry = entries.find(({ kid }) => held.has(kid));
  refuseUnless(entry, "no_key", 6);
  const { alg, seed } = held.get(entry.kid);
  refuseUnless(entry.alg === alg, "wrong_algorithm", 6);
  // Step 7: one code, and a key that cannot fit where there is none, so that both ways to fail take the same time.
  let contentKey = randomBytes(KEY_LENGTH);
  try {
    const algorithm = RECIPIENTS.get(alg);
    contentKey = unwrap(algorithm, expand(algorithm, unb64u(seed)), entry.encapsulation, entry.wrapped);
  } catch {
    // The next line says it.
  }
  return orRefuse("decrypt_failed", 7, () => gcm(contentKey, iv, utf8(envelope.protected)).decrypt(sealed));
};

/** What a relay may know of an envelope: steps 1 to 4. Nothing of it is proved. */
export const peek = (bytes, now) => {
  const { envelope, header } = readEnvelope(bytes);
  checkTime(header, now);
  const { iss, aud: [aud], jti, iat, exp } = header;
  return { iss, aud, jti, iat, exp, envelope_sha256: envelopeDigest(envelope) };
};

const opened = (claims, payload, text) => {
  const { iss, aud: [aud], jti, iat, exp, mt, sv, irt = null, body } = claims;
  const digests = { content_sha256: digest(payload), body_sha256: digest(utf8(canonical(body))) };
  return { iss, aud, jti, iat, exp, mt, sv, irt, body, ...digests, jws: new TextDecoder().decode(text) };
};

/**
 * Opens an envelope by steps 1 to 11; throws Refused with code and step. `keys` are [{alg, seed}], `trust` is
 * {organisations: {urn: status}, keys: [{organisation, jwk, nbf, exp, revokedAt?}]}.
 * Not checked: the schema of the body, and whether the same jti came before (steps 12 and 13).
 */
export const unseal = ({ envelope: bytes, addresses, keys, trust, now }) => {
  const read = readEnvelope(bytes);
  const { header } = read;
  checkTime(header, now);
  checkParties(header, addresses, trust);
  const text = unpad(decrypt(read, keys));
  const payload = verifySigned(readSigned(text), trust, (key) => {
    refuseUnless(key.organisation === header.iss, "unknown_key", 9);
    refuseUnless(key.revokedAt === undefined, "key_revoked", 9);
    checkValidity(key, header.iat);
  });
  const claims = readClaims(payload);
  const same = REPLICATED.every((name) => canonical(claims[name]) === canonical(header[name]));
  refuseUnless(same, "claims_mismatch", 11);
  return { ...opened(claims, payload, text), envelope_sha256: envelopeDigest(read.envelope) };
};

// ---- section 11: evidence

/** What an archived signed text proves by itself, given that it existed at `at`. */
export const evidence = ({ jws, trust, at }) => {
  const text = utf8(jws);
  const used = [];
  const payload = verifySigned(readSigned(text), trust, (key) => used.push(key));
  const claims = readClaims(payload);
  for (const key of used) {
    refuseUnless(key.organisation === claims.iss, "unknown_key", 9);
    checkValidity(key, claims.iat);
    refuseUnless(key.revokedAt === undefined || key.revokedAt > at, "key_revoked", 9);
    refuseUnless(claims.iat <= at + SKEW, "not_yet_valid", 9);
  }
  return opened(claims, payload, text);
};

// ---- section 10: receipts

/** Seals the receipt for a message that `unseal` returned. */
export const receipt = ({ of, status, codes = [], received, sender, recipients }) => {
  const { content_sha256, envelope_sha256 } = of;
  const body = { codes, content_sha256, envelope_sha256, of: { iss: of.iss, jti: of.jti }, received, status };
  const message = {
    iss: organisationOf(of.aud), aud: `${of.iss}/general`, mt: "receipt", sv: "ltp:receipt/1.0", body, iat: received,
  };
  return seal({ message, sender, recipients });
};

/** Whether an opened receipt answers what `seal` returned for a message from `iss` to `aud`. */
export const answers = (opened, sent) =>
  opened.mt === "receipt" && opened.iss === organisationOf(sent.aud) && opened.aud === `${sent.iss}/general` &&
  opened.body.of.iss === sent.iss && opened.body.of.jti === sent.jti &&
  opened.body.content_sha256 === sent.content_sha256 && opened.body.envelope_sha256 === sent.envelope_sha256;
