// One request a line on standard input, one answer a line on standard output, both JSON:
//   {"do": "seal" | "unseal" | "receipt" | "evidence" | "peek" | "answers" | "steps", …}
//   {"ok": …} or {"refused": {"code", "step"}}
// The README lists what each request holds.
import { createInterface } from "node:readline";
import { Refused, unb64u, utf8 } from "./forms.mjs";
import { answers, evidence, peek, receipt, seal, unseal } from "./ltp1.mjs";
import { steps } from "./steps.mjs";

// An envelope comes as text, or as base64url where its bytes are no text.
const bytesOf = ({ envelope, bytes }) => (bytes === undefined ? utf8(envelope) : unb64u(bytes));

const VERBS = {
  seal,
  receipt,
  evidence,
  steps,
  answers: ({ opened, sent }) => answers(opened, sent),
  peek: (request) => peek(bytesOf(request), request.now),
  unseal: (request) => unseal({ ...request, envelope: bytesOf(request) }),
};

const answer = (line) => {
  const { do: verb, ...request } = JSON.parse(line);
  try {
    return { ok: VERBS[verb](request) };
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    return { refused: { code: problem.code, step: problem.step } };
  }
};

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim()) process.stdout.write(`${JSON.stringify(answer(line))}\n`);
}
