import { randomUUID } from 'node:crypto';
import { putPassword } from './credentials.js';
import { byPlace, refusingConflicts } from './identity-conflicts.js';
import { getIdentity, jsonOrNull, newVerifiable } from './identities.js';
import type { IdentityContent } from './identities.js';
import type { Identity } from './identity-rows.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

const update = statement<never>(
  'identity-update',
  `UPDATE identities SET schema_id = $2, traits = $3, state = $4, state_changed_at = $5, metadata_public = $6,
     metadata_admin = $7, external_id = $8, updated_at = $9
   WHERE id = $1`,
);

/**
 * Gives an identity new content. Call it inside the transaction that locked `current`.
 *
 * An address that stays keeps its row, and so its id and what was proved of it; the others go, and new ones start
 * unverified. Without a new hash the password stays.
 *
 * @throws LatchkeyError conflict when another identity has the login name, an address or the external id
 */
export async function replaceIdentity(
  db: Queryable,
  current: Identity,
  content: IdentityContent,
  now: Date,
): Promise<Identity> {
  await refusingConflicts(() =>
    update(db, [
      current.id,
      content.schema_id,
      JSON.stringify(content.traits),
      content.state,
      content.state === current.state ? current.state_changed_at : now,
      jsonOrNull(content.metadata_public),
      jsonOrNull(content.metadata_admin),
      content.external_id,
      now,
    ]),
  );
  await putPassword(db, current, content.derived.identifiers, content.passwordHash, now);
  await replaceVerifiable(db, current, content.derived.verifiable, now);
  await replaceRecovery(db, current, content.derived.recovery, now);
  const replaced = await getIdentity(db, current.id);
  if (!replaced) throw new Error('the locked identity is gone');
  return replaced;
}

type Place = IdentityContent['derived']['recovery'][number];

const removeVerifiable = statement<never>(
  'verifiable-addresses-delete',
  'DELETE FROM verifiable_addresses WHERE id = ANY($1::uuid[])',
);
const addVerifiable = statement<never>(
  'verifiable-addresses-insert',
  `INSERT INTO verifiable_addresses (id, identity_id, via, value, created_at, updated_at)
   SELECT id, $1, via, value, $3, $3 FROM jsonb_to_recordset($2::jsonb) AS v(id uuid, via text, value text)`,
);

async function replaceVerifiable(db: Queryable, current: Identity, wanted: readonly Place[], now: Date): Promise<void> {
  const { gone, missing } = compare(current.verifiable_addresses, wanted);
  if (gone.length > 0) await removeVerifiable(db, [gone]);
  const rows = missing.map(({ via, value }) => newVerifiable(via, value, now));
  if (rows.length > 0) await refusingConflicts(() => addVerifiable(db, [current.id, JSON.stringify(rows), now]));
}

const removeRecovery = statement<never>(
  'recovery-addresses-delete',
  'DELETE FROM recovery_addresses WHERE id = ANY($1::uuid[])',
);
const addRecovery = statement<never>(
  'recovery-addresses-insert',
  `INSERT INTO recovery_addresses (id, identity_id, via, value, created_at, updated_at)
   SELECT id, $1, via, value, $3, $3 FROM jsonb_to_recordset($2::jsonb) AS r(id uuid, via text, value text)`,
);

async function replaceRecovery(db: Queryable, current: Identity, wanted: readonly Place[], now: Date): Promise<void> {
  const { gone, missing } = compare(current.recovery_addresses, wanted);
  if (gone.length > 0) await removeRecovery(db, [gone]);
  const rows = missing.map((place) => ({ id: randomUUID(), ...place }));
  if (rows.length > 0) await refusingConflicts(() => addRecovery(db, [current.id, JSON.stringify(rows), now]));
}

function compare(present: readonly (Place & { id: string })[], wanted: readonly Place[]) {
  const same = (a: Place, b: Place): boolean => a.via === b.via && a.value === b.value;
  return {
    gone: present.filter((row) => !wanted.some((place) => same(row, place))).map((row) => row.id),
    missing: wanted.filter((place) => !present.some((row) => same(row, place))).sort(byPlace),
  };
}
