import { applyPatch } from 'rfc6902';
import type { Identity } from '../../activities/store/identity-rows.js';
import { PatchableIdentity } from '../../schemas/identities.js';
import type { IdentityPatchBody } from '../../schemas/identities.js';
import type { JsonValue } from '../../schemas/json.js';
import { pathInWords } from '../../schemas/violations.js';
import { badRequest, bodyParser } from '../validation.js';

/** What copying may add in all: a few operations that copy a value into itself would otherwise fill the memory. */
const MAX_COPIED_CHARACTERS = 1_000_000;

const PATCHABLE = Object.keys(PatchableIdentity.properties);
const parsePatched = bodyParser(PatchableIdentity);

/**
 * The identity's own fields after a JSON Patch (RFC 6902): all operations or none.
 *
 * Only `schema_id`, `external_id`, `traits`, `state`, `metadata_public` and `metadata_admin` can be patched.
 *
 * @throws LatchkeyError bad_request naming the operation (`2.path`) or the field
 */
export function patched(identity: Identity, operations: IdentityPatchBody): PatchableIdentity {
  const document: JsonValue = structuredClone({
    schema_id: identity.schema_id,
    external_id: identity.external_id,
    traits: identity.traits,
    state: identity.state,
    metadata_public: identity.metadata_public,
    metadata_admin: identity.metadata_admin,
  });
  let copied = 0;
  operations.forEach((operation, at) => {
    const { op } = operation;
    if (op === 'move' || op === 'copy') {
      if (operation.from === undefined) throw badRequest(`${at}.from: is missing`);
      const source = locate(document, operation.from, 'existing', `${at}.from`);
      if (op === 'copy') copied += JSON.stringify(source).length;
      if (copied > MAX_COPIED_CHARACTERS) throw badRequest(`${at}: the copies grow too large`);
    } else if (op !== 'remove' && operation.value === undefined) {
      throw badRequest(`${at}.value: is missing`);
    }
    locate(document, operation.path, op === 'remove' || op === 'replace' ? 'existing' : 'place', `${at}.path`);
    const [problem] = applyPatch(document, [operation as Parameters<typeof applyPatch>[1][number]]);
    if (problem) throw badRequest(`${at}: this ${op} is not possible here`);
  });
  return parsePatched(document);
}

/**
 * The value at a JSON Pointer (RFC 6901), following nothing but the document's own fields. The patch library would go
 * on into what every JavaScript object inherits, and write there.
 */
function locate(
  document: JsonValue,
  pointer: string,
  want: 'existing' | 'place',
  field: string,
): JsonValue | undefined {
  const names = pointer.split('/').map((name) => name.replace(/~1/g, '/').replace(/~0/g, '~'));
  const [before, root] = names;
  if (before !== '' || root === undefined) throw badRequest(`${field}: must be a JSON Pointer, such as /traits/name`);
  if (!PATCHABLE.includes(root)) {
    throw badRequest(`${field}: ${pathInWords([root])} cannot be patched; these can: ${PATCHABLE.join(', ')}`);
  }
  let value: JsonValue | undefined = document;
  names.slice(1).forEach((name, depth) => {
    const isLast = depth === names.length - 2;
    value = child(value, name, want === 'place' && isLast);
    if (value === undefined && !(want === 'place' && isLast))
      throw badRequest(`${field}: there is nothing at this place`);
  });
  return value;
}

/** A field or entry of `parent`. With `orPlace`, undefined also stands for a place where one can be added. */
function child(parent: JsonValue | undefined, name: string, orPlace: boolean): JsonValue | undefined {
  const nowhere = badRequest(`path: ${pathInWords([name])} is not a place in this document`);
  if (typeof parent !== 'object' || parent === null) throw nowhere;
  if (Array.isArray(parent)) {
    const index = orPlace && name === '-' ? parent.length : /^(0|[1-9]\d{0,5})$/.test(name) ? Number(name) : -1;
    if (index < 0 || index > parent.length) throw nowhere;
    return parent[index];
  }
  if (['__proto__', 'constructor', 'prototype'].includes(name)) throw nowhere;
  return Object.hasOwn(parent, name) ? parent[name] : undefined;
}
