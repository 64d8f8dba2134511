/** Prints a new admin key and what to put into the configuration for it: `make-admin-key [ID]`. */
import { TEXT_FORMATS } from '../platform/config/formats.js';
import { makeAdminKey } from './admin-key.js';

const [id = 'admin'] = process.argv.slice(2);
const problem = TEXT_FORMATS['key-id'].problem(id);
if (problem !== null) {
  process.stderr.write(`"${id}" ${problem}.\n`);
  process.exit(1);
}

const { key, sha256 } = makeAdminKey();
process.stdout.write(`The key, shown this once. Callers send it as "Authorization: Bearer <key>".

  ${key}

For the configuration file:

admin_api:
  keys:
    - id: ${id}
      sha256: ${sha256}

Or for the environment:

ADMIN_API_KEYS=${id}:${sha256}
`);
