import type { ImportPayload } from '../../../activities/store/import-row.js';
import type { PersonName } from '../../../activities/store/batch-names.js';
import type { JsonObject } from '../../../schemas/json.js';
import { CreateIdentityBody } from '../../../schemas/identities.js';
import type { ApiContext } from '../../context.js';
import { bodyParser } from '../../validation.js';
import { contentOfNew } from '../identity-content.js';
import { peopleColumns } from './people-from-csv.js';
import { fromAuth0, fromKeycloak, fromKratos, fromNdjson } from './people-from-json.js';
import type { ExportedPerson } from './people-from-json.js';
import type { RowCheck } from './row-check.js';

const parse = bodyParser(CreateIdentityBody);

const READERS: Record<string, (row: JsonObject) => ExportedPerson> = {
  ndjson: fromNdjson,
  kratos: fromKratos,
  auth0: fromAuth0,
  keycloak: fromKeycloak,
};

/** Checks the rows of an import: people with the hashes of their passwords. */
export function importCheck(ctx: ApiContext, options: { format: string; schemaId: string }): RowCheck {
  const columns = peopleColumns(ctx, options.schemaId, []);
  const read = READERS[options.format];
  return {
    columns: (names) => columns.check(names),
    alone: true,
    async row({ cells, object }) {
      const person: ExportedPerson = cells ? { body: columns.body(cells) } : (read?.(object ?? {}) ?? { body: {} });
      const { proofs, ...content } = await contentOfNew(ctx, parse({ schema_id: options.schemaId, ...person.body }));
      const payload: ImportPayload = {
        ...(person.id !== undefined && { id: person.id }),
        content,
        proofs: proofs.map((proof) => ({ ...proof, verified_at: proof.verified_at?.toISOString() ?? null })),
      };
      return { payload: payload as unknown as JsonObject, identityId: null, names: namesOf(person.id, content) };
    },
  };
}

/** What nobody else may have of what a new person has. */
export function namesOf(id: string | undefined, content: ImportPayload['content']): PersonName[] {
  const { derived, external_id: externalId } = content;
  return [
    ...derived.identifiers.map((value): PersonName => ({ kind: 'login', value })),
    ...derived.verifiable.map(({ via, value }): PersonName => ({ kind: 'verifiable', via, value })),
    ...derived.recovery.map(({ via, value }): PersonName => ({ kind: 'recovery', via, value })),
    ...(externalId === null ? [] : [{ kind: 'external_id', value: externalId } as const]),
    ...(id === undefined ? [] : [{ kind: 'id', value: id } as const]),
  ];
}
