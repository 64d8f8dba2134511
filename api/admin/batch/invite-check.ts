import type { InvitePayload } from '../../../activities/store/invite-payload.js';
import type { PersonName } from '../../../activities/store/batch-names.js';
import { normalizeAddress } from '../../../platform/addresses.js';
import { CreateInviteBody } from '../../../schemas/invites.js';
import type { JsonObject } from '../../../schemas/json.js';
import { formatGoDuration } from '../../../workflows/domain/duration.js';
import type { ApiContext } from '../../context.js';
import { badRequest, bodyParser } from '../../validation.js';
import { contentOfNew } from '../identity-content.js';
import { wantedOf } from '../invite-creation.js';
import { namesOf } from './import-check.js';
import { peopleColumns } from './people-from-csv.js';
import type { RowCheck } from './row-check.js';

const parse = bodyParser(CreateInviteBody);
/** Columns of the invite itself. */
const OF_INVITES = ['address', 'locale', 'return_to', 'expires_in', 'method', 'flow_type'] as const;
/** Columns that an import has and an invite has not. */
const NOT_OF_INVITES = ['hashed_password', 'password_hash', 'email_verified', 'state'];

/** Checks the rows of a batch of invites: the bodies of `POST /admin/invites`, always mailed. */
export function inviteCheck(ctx: ApiContext, options: { schemaId: string; lifeMs: number | null }): RowCheck {
  const columns = peopleColumns(ctx, options.schemaId, OF_INVITES);
  return {
    columns(names) {
      const stray = names.find((name) => NOT_OF_INVITES.includes(name));
      if (stray !== undefined)
        throw badRequest(`columns: ${stray} is for imports; an invitee sets a password by the invite`);
      columns.check(names);
    },
    alone: true,
    async row({ cells, object }) {
      const body = parse(cells ? fromCells(cells) : (object ?? {}));
      if (body.delivery === 'none') throw badRequest('delivery: a batch mails its invites; "none" is not taken');
      const lifeMs = options.lifeMs === null ? undefined : formatGoDuration(options.lifeMs);
      const wanted = wantedOf(ctx, { ...body, expires_in: body.expires_in ?? lifeMs });
      const { delivery: _delivery, ...invite } = wanted;
      const payload: InvitePayload = { invite, address: body.address ?? null };
      const id = body.identity_id?.toLowerCase() ?? null;
      if (id !== null) {
        if (body.traits ?? body.schema_id ?? body.external_id)
          throw badRequest('identity_id: give it, or what a new person is made of');
        return { payload: payload as unknown as JsonObject, identityId: id, names: [{ kind: 'person', value: id }] };
      }
      const { schema_id: schemaId, traits, external_id, metadata_admin, metadata_public } = body;
      const { proofs: _proofs, ...content } = await contentOfNew(ctx, {
        schema_id: schemaId ?? options.schemaId,
        traits,
        external_id,
        metadata_admin,
        metadata_public,
      });
      assertMailable(content.derived, payload.address);
      const names: PersonName[] = namesOf(undefined, content);
      return { payload: { ...payload, content } as unknown as JsonObject, identityId: null, names };
    },
  };

  function fromCells(cells: ReadonlyMap<string, string>): JsonObject {
    const own = OF_INVITES.flatMap((column) => {
      const cell = cells.get(column);
      return cell === undefined ? [] : [[column, cell] as const];
    });
    return { ...columns.body(cells), ...Object.fromEntries(own) };
  }
}

function assertMailable(derived: { verifiable: Address[]; recovery: Address[] }, wanted: string | null): void {
  const emails = [...derived.recovery, ...derived.verifiable]
    .filter(({ via }) => via === 'email')
    .map(({ value }) => value);
  if (emails.length === 0) throw badRequest('traits: have no e-mail address to send the invite to');
  if (wanted === null) return;
  const address = normalizeAddress('email', wanted);
  if (address === undefined || !emails.includes(address))
    throw badRequest("address: is not one of the person's e-mail addresses");
}

interface Address {
  via: 'email' | 'sms';
  value: string;
}
