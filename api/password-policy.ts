import { verifyPassword } from '../activities/passwords.js';
import type { Config } from '../platform/config/config.js';
import type { StoredMessage } from '../schemas/messages.js';
import { isLikeIdentifier } from '../workflows/domain/password-similarity.js';

/** argon2id takes any length; the bound keeps a request cheap. */
export const MAX_PASSWORD_LENGTH = 1_024;

/** What is wrong with a new password, as a message on its field; undefined when it is good. */
export async function passwordProblem(
  policy: Config['selfservice']['methods']['password'],
  password: string,
  owner: { identifiers: readonly string[]; presentHash: string | undefined },
): Promise<StoredMessage | undefined> {
  const length = [...password].length;
  if (length === 0) return { message: 'missing', context: { property: 'password' }, field: 'password' };
  if (length < policy.minPasswordLength) {
    const context = { min_length: policy.minPasswordLength, actual_length: length };
    return { message: 'password_too_short', context, field: 'password' };
  }
  if (policy.identifierSimilarityCheck && owner.identifiers.some((name) => isLikeIdentifier(password, name))) {
    return { message: 'password_like_identifier', field: 'password' };
  }
  if (owner.presentHash !== undefined && (await verifyPassword(owner.presentHash, password))) {
    return { message: 'password_same', field: 'password' };
  }
  return undefined;
}
