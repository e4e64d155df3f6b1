// Holds every example against its bundled schema, each in an ajv of its own, and prints the verdicts as one
// JSON object: the example's path to true or false. Use: node bundled.mjs KIT, where KIT is the unpacked kit.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const kit = process.argv[2];
const words = Object.keys(read(join(kit, "v1", "annotations.json")).keywords);

const verdicts = {};
for (const name of readdirSync(join(kit, "v1", "examples"))) {
  const ajv = addFormats(new Ajv({ strict: true }));
  ajv.addVocabulary(words);
  const validate = ajv.compile(read(join(kit, "bundled", `${name}.schema.json`)));
  for (const kind of ["valid", "invalid"]) {
    for (const file of readdirSync(join(kit, "v1", "examples", name, kind))) {
      const content = read(join(kit, "v1", "examples", name, kind, file));
      verdicts[`${name}/${kind}/${file}`] = validate(kind === "invalid" ? content.document : content);
    }
  }
}
process.stdout.write(JSON.stringify(verdicts));
