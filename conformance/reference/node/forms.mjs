// Section 1 of LTP-1: bytes in text, canonical JSON, names, ids and digests.
import { sha256 } from "@noble/hashes/sha2.js";

/** A message is refused: `code` and `step` are those of section 8 (step 0 is sealing). */
export class Refused extends Error {
  constructor(code, step = 0) {
    super(code);
    this.code = code;
    this.step = step;
  }
}

/** Gives any failure of `work` one code, so that nothing of the reason gets out. */
export const orRefuse = (code, step, work) => {
  try {
    return work();
  } catch (problem) {
    if (problem instanceof Refused && problem.step) throw problem;
    throw new Refused(code, step);
  }
};

export const refuseUnless = (condition, code, step) => {
  if (!condition) throw new Refused(code, step);
};

export const utf8 = (text) => new TextEncoder().encode(text);

export const b64u = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");

export const unb64u = (text) => {
  refuseUnless(typeof text === "string" && /^[A-Za-z0-9_-]*$/.test(text), "not_base64url");
  const bytes = Buffer.from(text, "base64url");
  // Node ignores the unused bits of the last character; writing the bytes again shows them.
  refuseUnless(bytes.toString("base64url") === text, "not_base64url");
  return new Uint8Array(bytes);
};

export const digest = (bytes) => b64u(sha256(bytes));

const MAX_LEVELS = 254;
const ASCII = /^[\x00-\x7f]*$/;

/** RFC 8785 for the values that LTP-1 permits; anything else is refused. */
export const canonical = (value, levels = MAX_LEVELS) => {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    refuseUnless(Number.isSafeInteger(value), "malformed");
    return JSON.stringify(value);
  }
  if (typeof value === "string") {
    refuseUnless(value.isWellFormed(), "malformed");
    return JSON.stringify(value);
  }
  refuseUnless(typeof value === "object" && levels > 0, "malformed");
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, levels - 1)).join(",")}]`;
  const members = Object.keys(value).sort().map((name) => `${canonical(name)}:${canonical(value[name], levels - 1)}`);
  return `{${members.join(",")}}`;
};

/** The value of canonical JSON bytes; `malformed` or `not_canonical` otherwise. */
export const parse = (bytes, levels = MAX_LEVELS) => {
  let text, value;
  try {
    // ignoreBOM keeps the mark in the text, where JSON does not allow it.
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new Refused("malformed");
  }
  refuseUnless(canonical(value, levels) === text, "not_canonical");
  return value;
};

/** Refuses a member name that is not ASCII, anywhere in `value`. */
export const checkNames = (value) => {
  if (value === null || typeof value !== "object") return;
  for (const [name, member] of Object.entries(value)) {
    refuseUnless(ASCII.test(name), "bad_member_name");
    checkNames(member);
  }
};

export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** Whether an object has exactly the members `required`, and beyond them only members of `optional`. */
export const hasExactly = (value, required, optional = []) =>
  isObject(value) &&
  required.every((name) => Object.hasOwn(value, name)) &&
  Object.keys(value).every((name) => required.includes(name) || optional.includes(name));

const TOKEN = "[a-z0-9]+(?:-[a-z0-9]+)*";
const is = (pattern) => (value) => typeof value === "string" && pattern.test(value);
const shortToken = (value) => value.split(":")[3].split("/")[0].length <= 64;

const namedOrganisation = is(new RegExp(`^urn:ltp:org:${TOKEN}$`));
const namedAddress = is(new RegExp(`^urn:ltp:org:${TOKEN}/(?:general|dsl)$`));
export const isOrganisation = (value) => namedOrganisation(value) && shortToken(value);
export const isAddress = (value) => namedAddress(value) && shortToken(value);
export const isAudience = (value) => Array.isArray(value) && value.length === 1 && isAddress(value[0]);
export const isId = is(/^[A-Za-z0-9_-]{21}[AQgw]$/);
export const isTime = (value) => Number.isSafeInteger(value);
export const isSchemaOf = (mt, value) =>
  is(/^ltp:[a-z]+\/[1-9][0-9]{0,3}\.(?:0|[1-9][0-9]{0,3})$/)(value) && value.startsWith(`ltp:${mt}/`);
