import type { InviteStatus } from '../../workflows/domain/invite-lifecycle.js';
import type { Invite } from './invites.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** Which invites; what is null does not narrow the list. The filters are combined. */
export interface InviteFilter {
  /** Any of these. */
  statuses: readonly InviteStatus[] | null;
  identityId: string | null;
  /** Normalised. */
  address: string | null;
  /** Id of the admin key that made it. */
  creator: string | null;
  /** Made at this time or later. */
  createdFrom: Date | null;
  /** Made before this time. */
  createdBefore: Date | null;
  /** Some text in its address, its metadata or its person's traits, in any case. */
  text: string | null;
}

/** The place of an invite in the list: the next page starts behind it, even when that invite has gone. */
export type InvitePlace = Pick<Invite, 'created_at' | 'id'>;

const newest = statement<Invite>(
  'invites-newest',
  `SELECT i.* FROM invites i JOIN identities p ON p.id = i.identity_id
   WHERE ($1::text[] IS NULL OR CASE
       WHEN i.status IN ('pending', 'sent', 'delivered', 'failed', 'opened') AND i.expires_at <= $2 THEN 'expired'
       ELSE i.status
     END = ANY($1))
     AND ($3::uuid IS NULL OR i.identity_id = $3)
     AND ($4::text IS NULL OR i.address = $4)
     AND ($5::text IS NULL OR i.created_by = $5)
     AND ($6::timestamptz IS NULL OR i.created_at >= $6)
     AND ($7::timestamptz IS NULL OR i.created_at < $7)
     AND ($8::text IS NULL OR i.address ILIKE $8
       OR EXISTS (SELECT FROM jsonb_path_query(p.traits, 'strict $.**') v
                  WHERE jsonb_typeof(v) IN ('string', 'number') AND v #>> '{}' ILIKE $8)
       OR EXISTS (SELECT FROM jsonb_path_query(i.metadata_public, 'strict $.**') v
                  WHERE jsonb_typeof(v) IN ('string', 'number') AND v #>> '{}' ILIKE $8))
     AND ($9::timestamptz IS NULL OR (i.created_at, i.id) < ($9, $10::uuid))
   ORDER BY i.created_at DESC, i.id DESC LIMIT $11`,
);

/** Invites, newest first, `limit` at most, those behind `after`. */
export async function listInvites(
  db: Queryable,
  filter: InviteFilter,
  page: { after: InvitePlace | null; limit: number; now: Date },
): Promise<{ items: Invite[]; next?: InvitePlace }> {
  const rows = await newest(db, [
    filter.statuses,
    page.now,
    filter.identityId,
    filter.address,
    filter.creator,
    filter.createdFrom,
    filter.createdBefore,
    filter.text === null ? null : `%${filter.text.replace(/[\\%_]/g, '\\$&')}%`,
    page.after?.created_at ?? null,
    page.after?.id ?? null,
    page.limit + 1,
  ]);
  const items = rows.slice(0, page.limit);
  const next = rows.length > page.limit ? items.at(-1) : undefined;
  return next === undefined ? { items } : { items, next };
}
