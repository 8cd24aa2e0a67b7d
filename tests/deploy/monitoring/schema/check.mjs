// Holds dashboards against Grafana's own types, and says what is not as they want it: check.mjs FILE.json...
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import Ajv from "ajv";
import { createGenerator } from "ts-json-schema-generator";

const here = dirname(fileURLToPath(import.meta.url));
const schema = createGenerator({ path: join(here, "types.ts"), type: "Presslate", expose: "none", topRef: false, skipTypeCheck: true }).createSchema("Presslate");
// By its type, so that a mistake is said of the panel that it is in and not of every kind that it might be.
const panels = schema.properties.panels.items;
panels.oneOf = panels.anyOf;
delete panels.anyOf;
panels.discriminator = { propertyName: "type" };
const validate = new Ajv({ allErrors: true, allowUnionTypes: true, discriminator: true, strict: false }).compile(schema);
let wrong = 0;
for (const file of process.argv.slice(2)) {
  if (validate(JSON.parse(readFileSync(file)))) continue;
  wrong += 1;
  for (const { instancePath, message, params } of validate.errors) {
    console.error(`${file}: ${instancePath} ${message} ${JSON.stringify(params)}`);
  }
}
process.exit(wrong === 0 ? 0 : 1);
