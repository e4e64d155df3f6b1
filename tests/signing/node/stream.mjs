// Makes the known answers for attached files with Node's own cryptography, which shares no line with signing/stream.py.
// Prints one object, file name to vector; a test compares it with signing/vectors/stream.
import { createCipheriv, createHash } from "node:crypto";

const CHUNK = 1024 * 1024;
const sha256 = (data) => createHash("sha256").update(data).digest();
const b64u = (data) => data.toString("base64url");

function content(length) {
  const block = sha256("an invented plan");
  return Buffer.alloc(length, block);
}

function seal(key, prefix, plain) {
  const chunks = [];
  const count = Math.max(1, Math.ceil(plain.length / CHUNK));
  for (let number = 0; number < count; number++) {
    const nonce = Buffer.alloc(12);
    prefix.copy(nonce, 0);
    nonce.writeUInt32BE(number, 7);
    nonce[11] = number === count - 1 ? 1 : 0;
    const cipher = createCipheriv("aes-256-gcm", key, nonce);
    const part = plain.subarray(number * CHUNK, (number + 1) * CHUNK);
    chunks.push(Buffer.concat([cipher.update(part), cipher.final(), cipher.getAuthTag()]));
  }
  return chunks;
}

// What is done to the ciphertext or to the entry, and the one code that every implementation answers with.
const always = (length) => [
  { name: "flipped-bit", flip: length, code: "file_unreadable" },
  { name: "trailing-byte", append: "00", code: "file_length" },
  { name: "cut-by-a-byte", cut: length + 15, code: "file_length" },
  { name: "nothing", cut: 0, code: "file_length" },
  { name: "other-key", entry: { sealed: { key: b64u(sha256("another key")) } }, code: "file_unreadable" },
  { name: "other-prefix", entry: { sealed: { noncePrefix: b64u(sha256("x").subarray(0, 7)) } }, code: "file_unreadable" },
  { name: "other-address", entry: { sealed: { sha256: "0".repeat(64) } }, code: "file_address" },
  { name: "other-digest", entry: { sha256: "0".repeat(64) }, code: "file_digest" },
  { name: "longer-entry", entry: { size: length + 1 }, code: "file_length" },
];

const chunked = [
  { name: "first-chunk-dropped", order: [1, 2], code: "file_unreadable" },
  { name: "first-chunk-dropped-and-entry-fitted", order: [1, 2], entry: { size: CHUNK + 5 }, code: "file_unreadable" },
  { name: "last-chunk-dropped", order: [0, 1], code: "file_length" },
  { name: "last-chunk-dropped-and-entry-fitted", order: [0, 1], entry: { size: 2 * CHUNK }, code: "file_unreadable" },
  { name: "chunks-swapped", order: [1, 0, 2], code: "file_unreadable" },
  { name: "chunk-repeated", order: [0, 0, 2], code: "file_unreadable" },
  { name: "last-chunk-repeated", order: [0, 1, 2, 2], code: "file_length" },
];

const cases = [
  ["empty", "An empty file is one chunk of nothing, with the flag.", 0, [always(0)[1], always(0)[3], always(0)[4], always(0)[7]]],
  ["one-byte", "The shortest file with content.", 1, always(1)],
  ["exactly-one-chunk", "A full chunk is the last one; no empty chunk follows.", CHUNK, always(CHUNK).slice(0, 3)],
  ["one-byte-more-than-a-chunk", "Two chunks, the last of one byte.", CHUNK + 1, []],
  ["exactly-two-chunks", "Only the second has the flag.", 2 * CHUNK, []],
  ["three-chunks", "Chunks cannot be dropped, repeated or moved.", 2 * CHUNK + 5, chunked],
];

const made = {};
for (const [name, why, length, refused] of cases) {
  const key = sha256(`${name} key`);
  const prefix = sha256(`${name} prefix`).subarray(0, 7);
  const plain = content(length);
  const chunks = seal(key, prefix, plain);
  const sealed = Buffer.concat(chunks);
  const vector = {
    name,
    why,
    plaintext: { repeat: sha256("an invented plan").toString("hex"), length },
    entry: {
      sha256: sha256(plain).toString("hex"),
      size: length,
      sealed: { sha256: sha256(sealed).toString("hex"), key: b64u(key), noncePrefix: b64u(prefix) },
    },
    sealedLength: sealed.length,
    tags: chunks.map((chunk) => chunk.subarray(-16).toString("hex")),
    refused,
  };
  if (sealed.length < 100) vector.ciphertext = sealed.toString("hex");
  made[`${name}.json`] = vector;
}
console.log(JSON.stringify(made, null, 1));
