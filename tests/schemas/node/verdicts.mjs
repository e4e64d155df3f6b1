// Reads every example and prints what ajv in strict mode says of it, as one JSON object:
// the example's path to a list of {code, pointer}, empty where the example meets its schema.
// Use: node verdicts.mjs FOLDER, where FOLDER holds the schemas, annotations.json and examples/.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const folder = process.argv[2];

// A warning of strict mode counts as an error: what it warns about is read differently elsewhere.
const complain = (...what) => {
  throw new Error(what.join(" "));
};
const ajv = new Ajv({ strict: true, allErrors: true, logger: { log: complain, warn: complain, error: complain } });
addFormats(ajv);
ajv.addVocabulary(Object.keys(read(join(folder, "annotations.json")).keywords));

const ending = ".schema.json";
const schemas = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => [file.slice(0, -ending.length), read(join(folder, file))]),
);
for (const schema of schemas.values()) ajv.addSchema(schema);
const validators = new Map([...schemas].map(([name, schema]) => [name, ajv.getSchema(schema.$id)]));

const escaped = (name) => name.replaceAll("~", "~0").replaceAll("/", "~1");
const kebab = (keyword) => keyword.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());

/** One error of ajv in the standard's words: a missing or unknown member is named in the pointer. */
const finding = ({ keyword, instancePath, params }) => {
  if (keyword === "required") return { code: "schema.required", pointer: `${instancePath}/${escaped(params.missingProperty)}` };
  if (keyword === "additionalProperties")
    return { code: "schema.unknown-property", pointer: `${instancePath}/${escaped(params.additionalProperty)}` };
  return { code: `schema.${kebab(keyword)}`, pointer: instancePath };
};

const verdict = (name, value) => {
  const validate = validators.get(name);
  return validate(value) ? [] : validate.errors.map(finding);
};

const verdicts = {};
for (const path of readdirSync(join(folder, "examples"), { recursive: true })) {
  if (!path.endsWith(".json")) continue;
  const [name, kind] = path.split(/[\\/]/);
  const content = read(join(folder, "examples", path));
  verdicts[path.replaceAll("\\", "/")] = verdict(name, kind === "invalid" ? content.document : content);
}
process.stdout.write(JSON.stringify(verdicts));
