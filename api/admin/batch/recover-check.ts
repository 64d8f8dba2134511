import { findBatchPeople } from '../../../activities/store/batch-people.js';
import { normalizeAddress } from '../../../platform/addresses.js';
import type { JsonObject } from '../../../schemas/json.js';
import { badRequest, isUuid } from '../../validation.js';
import type { RowCheck } from './row-check.js';

const NAMES = ['identity_id', 'email', 'external_id'] as const;

/** Checks the rows of a batch of recoveries: each names a person by id, e-mail address or external id. */
export const recoverCheck: RowCheck = {
  columns(names) {
    const stray = names.find((name) => !NAMES.includes(name as never));
    if (stray !== undefined) {
      throw badRequest(`columns: ${JSON.stringify(stray.slice(0, 60))} is unknown; known are ${NAMES.join(', ')}`);
    }
  },
  alone: false,
  async row({ cells, object }, db) {
    const named = cells ? Object.fromEntries(cells) : textsOf(object ?? {});
    const { identity_id: id, email, external_id: externalId } = named;
    if (id === undefined && email === undefined && externalId === undefined) {
      throw badRequest(`names nobody: give one of ${NAMES.join(', ')}`);
    }
    if (id !== undefined && !isUuid(id)) throw badRequest('identity_id: is not a UUID');
    const address = email === undefined ? null : normalizeAddress('email', email);
    if (address === undefined) throw badRequest('email: is not an e-mail address');
    const found = await findBatchPeople(db, { id: id ?? null, email: address, externalId: externalId ?? null });
    const [person] = found;
    if (person === undefined) throw badRequest('there is no such identity');
    if (found.length > 1) throw badRequest('names more than one identity');
    return { payload: {}, identityId: person, names: [{ kind: 'person', value: person }] };
  },
};

function textsOf(object: JsonObject): Partial<Record<string, string>> {
  const stray = Object.keys(object).find((key) => !NAMES.includes(key as never));
  if (stray !== undefined) throw badRequest(`has a field that is unknown; known are ${NAMES.join(', ')}`);
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) => {
      if (value === null) return [];
      if (typeof value !== 'string' || value.includes('\0')) throw badRequest(`${key}: must be text`);
      return [[key, value]];
    }),
  );
}
