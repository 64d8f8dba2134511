import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../schemas/json.js';
import { createIdentity } from './identities.js';
import type { AddressProof, IdentityContent } from './identities.js';
import type { RowMade } from './batch-rows.js';
import type { Queryable } from './statement.js';

/** What a row of an import was found to ask for, ready to be written: traits judged, addresses derived. */
export interface ImportPayload {
  /** The id that the person had elsewhere and keeps. */
  id?: string;
  content: IdentityContent;
  proofs: (Omit<AddressProof, 'verified_at'> & { verified_at: string | null })[];
}

/** Creates the person of a row. @throws LatchkeyError conflict when somebody has a name or address of theirs by now */
export async function importRow(db: Queryable, payload: JsonObject, now: Date): Promise<RowMade> {
  const { id, content, proofs } = payload as unknown as ImportPayload;
  const identity = await createIdentity(
    db,
    {
      ...content,
      id: id ?? randomUUID(),
      proofs: proofs.map((proof) => ({
        ...proof,
        verified_at: proof.verified_at === null ? null : new Date(proof.verified_at),
      })),
    },
    now,
  );
  return { identityId: identity.id };
}
