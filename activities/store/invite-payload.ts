import type { IdentityContent } from './identities.js';
import type { Invite } from './invites.js';

/** What a row of invites was found to ask for. */
export interface InvitePayload {
  invite: Pick<
    Invite,
    'method' | 'flow_type' | 'lifespan_ms' | 'reminders_ms' | 'return_to' | 'locale' | 'metadata_public'
  >;
  /** One of the person's; null: the first. */
  address: string | null;
  /** A person to be made; without it, the row names one. */
  content?: IdentityContent;
}
