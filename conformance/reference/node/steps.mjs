// The steps of LTP-1 that are not random, one at a time and with what comes between: for comparing with the vectors
// in signing/vectors/forms.json, and for finding where another implementation goes its own way.
import { Refused, b64u, canonical, parse, unb64u, utf8 } from "./forms.mjs";
import { INFO, RECIPIENTS, expand, exchange, schedule, unwrap } from "./kem.mjs";
import { SIGNATURES, jwkOfSeed, thumbprintInput } from "./keys.mjs";
import { classFor, signedHeader } from "./ltp1.mjs";

const base64url = ({ text }) => ({ hex: Buffer.from(unb64u(text)).toString("hex") });

/** `from` is any JSON text; `text` one that should be canonical. */
const json = ({ from, text }) => ({ text: from === undefined ? canonical(parse(utf8(text))) : canonical(JSON.parse(from)) });

const key = ({ alg, seed }) => {
  const jwk = jwkOfSeed(alg, unb64u(seed));
  const expanded = RECIPIENTS.has(alg) ? { expanded: b64u(expand(RECIPIENTS.get(alg), unb64u(seed)).bytes) } : {};
  return { jwk, thumbprintOf: thumbprintInput(jwk), ...expanded };
};

/** The headers and signing inputs of claims, and the one signature that is the same every time. */
const signing = ({ claims, sender }) => {
  const payload = b64u(utf8(canonical(claims)));
  const headers = [...SIGNATURES.keys()].map((alg) => canonical(signedHeader(alg, jwkOfSeed(alg, unb64u(sender[alg])).kid)));
  const signingInputs = headers.map((header) => `${b64u(utf8(header))}.${payload}`);
  const ed25519Signature = b64u(SIGNATURES.get("Ed25519").sign(unb64u(sender.Ed25519), utf8(signingInputs[0])));
  return { payload, headers, signingInputs, ed25519Signature };
};

const padding = ({ length }) => ({ class: classFor(length) });

const wrapping = ({ alg, seed, ek, encryptedKey }) => {
  const algorithm = RECIPIENTS.get(alg);
  const own = expand(algorithm, unb64u(seed));
  const { ss1, ss2, shared } = exchange(algorithm, own, unb64u(ek));
  const { key: wrapping, nonce } = schedule(algorithm, shared);
  const contentKey = unwrap(algorithm, own, unb64u(ek), unb64u(encryptedKey));
  const values = { ss1, ss2, shared, info: INFO, key: wrapping, nonce, contentKey };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, b64u(value)]));
};

const STEPS = { base64url, json, key, signing, padding, wrapping };

/** One step by name; throws Refused where the step refuses its input. */
export const steps = ({ step, ...input }) => {
  if (!Object.hasOwn(STEPS, step)) throw new Refused("unknown_step");
  return STEPS[step](input);
};
