// Reads every example into the TypeScript types and prints what came back, as one JSON object:
// the example's path to {value}, or to {refused: where} when the types do not take it.
// Use: node types.mjs TYPES.ts FOLDER, where FOLDER holds the examples.
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [types, folder] = process.argv.slice(2);
const { FormError, read } = await import(pathToFileURL(resolve(types)).href);

const typeOf = (name) => name.split("-").map((word) => word[0].toUpperCase() + word.slice(1)).join("");

const tried = (type, value) => {
  try {
    return { value: read(type, value) };
  } catch (problem) {
    if (!(problem instanceof FormError)) throw problem;
    return { refused: problem.where };
  }
};

const found = {};
for (const path of readdirSync(folder, { recursive: true })) {
  if (!path.endsWith(".json")) continue;
  const [name, kind] = path.split(/[\\/]/);
  const content = JSON.parse(readFileSync(join(folder, path), "utf8"));
  found[path.replaceAll("\\", "/")] = tried(typeOf(name), kind === "invalid" ? content.document : content);
}
process.stdout.write(JSON.stringify(found));
