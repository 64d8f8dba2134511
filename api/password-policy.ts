import { verifyPassword } from '../platform/passwords.js';
import { timesBreached } from '../platform/breach-list.js';
import type { Config } from '../platform/config/config.js';
import { LatchkeyError } from '../schemas/errors.js';
import type { StoredMessage } from '../schemas/messages.js';
import { isLikeIdentifier } from '../workflows/domain/password-similarity.js';

/** argon2id takes any length; the bound keeps a request cheap. */
export const MAX_PASSWORD_LENGTH = 1_024;

type Policy = Config['selfservice']['methods']['password'];

/**
 * What is wrong with a new password, as a message on its field; undefined when it is good. `warn` hears that the list of
 * breached passwords was left out because it does not answer.
 *
 * @throws LatchkeyError upstream_error when that list does not answer and must
 */
export async function passwordProblem(
  policy: Policy,
  password: string,
  owner: { identifiers: readonly string[]; presentHash: string | undefined; warn: (error: unknown) => void },
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
  const breaches = await breachesOf(policy.breachCheck, password, owner.warn);
  if (breaches > policy.breachCheck.maxBreaches) {
    return { message: 'password_breached', context: { breaches }, field: 'password' };
  }
  return undefined;
}

async function breachesOf(
  check: Policy['breachCheck'],
  password: string,
  warn: (error: unknown) => void,
): Promise<number> {
  if (!check.enabled) return 0;
  try {
    return await timesBreached(check.host, password);
  } catch (cause) {
    if (!check.ignoreNetworkErrors) {
      throw new LatchkeyError('upstream_error', {
        reason: 'It could not be checked whether this password is known from a breach. Try again shortly.',
        cause,
      });
    }
    warn(cause);
    return 0;
  }
}
