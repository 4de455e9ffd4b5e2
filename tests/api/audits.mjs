// Runs every audit of the graphql-http suite, unchanged, against the server at argv[3], and prints one JSON line for
// each. argv[2] is the folder into which npm installed the suite.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, url] = process.argv.slice(2);
const suite = createRequire(join(folder, 'package.json')).resolve('graphql-http');
const { serverAudits } = await import(pathToFileURL(suite).href);

for (const audit of serverAudits({ url, fetchFn: fetch })) {
  const { id, name, status, reason } = await audit.fn();
  console.log(JSON.stringify({ id, name, status, reason: reason ?? null }));
}
