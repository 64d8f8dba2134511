import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { noteSecret } from '../../support/leftovers.js';
import {
  messageIds,
  nextCode,
  PASSWORD,
  SECOND_FACTORS,
  setUpLookupSecrets,
  setUpTotp,
  showSecondFactor,
} from '../../support/account-story.js';
import { createPerson, signIn } from '../../support/story.js';

const HOUR = 3_600_000;

describe('guessing at a login', () => {
  let strict: Harness;
  beforeAll(async () => {
    strict = await startHarness({ workers: false, config: { ...SECOND_FACTORS, limits: { attempts_per_account: 5 } } });
  });
  afterAll(() => strict.stop());

  it('is held after the limit, answered like a wrong password, and let go again', async () => {
    const person = await createPerson(strict, PASSWORD);
    const wrong = await signIn(strict, person.email, 'wrong-horse');
    for (let n = 2; n <= 5; n += 1) await signIn(strict, person.email, 'wrong-horse');
    const held = await signIn(strict, person.email, PASSWORD);
    expect(held.status).toBe(400);
    expect(messageIds(held)).toEqual(messageIds(wrong));
    // Another account is not held for it.
    const other = await createPerson(strict, PASSWORD);
    expect((await signIn(strict, other.email, PASSWORD)).status).toBe(200);

    strict.clock.ahead += 31_000;
    expect((await signIn(strict, person.email, 'wrong-horse')).status).toBe(400);
    strict.clock.ahead += 31_000;
    // The second wait is longer than the first.
    expect((await signIn(strict, person.email, PASSWORD)).status).toBe(400);
    strict.clock.ahead += 30_000;
    expect((await signIn(strict, person.email, PASSWORD)).status).toBe(200);
    // A success ends the row: all five are there again.
    for (let n = 1; n <= 4; n += 1) await signIn(strict, person.email, 'wrong-horse');
    expect((await signIn(strict, person.email, PASSWORD)).status).toBe(200);
  });

  it('in parallel gets no more attempts judged than the limit', async () => {
    const person = await createPerson(strict, PASSWORD);
    const guesses = Array.from({ length: 30 }, (_, n) => `guess-number-${n}`);
    await Promise.all(guesses.map((guess) => signIn(strict, person.email, guess)));
    const { rows } = await strict.pool.query('SELECT failed FROM attempt_counters WHERE subject = $1', [
      `login:${person.id}`,
    ]);
    expect(rows).toEqual([{ failed: 5 }]);
    expect((await signIn(strict, person.email, PASSWORD)).status).toBe(400);
  });

  it('at unknown names costs the same rows, by a name from which the address cannot be told', async () => {
    const email = `nobody-${randomUUID().slice(0, 8)}@example.test`;
    noteSecret('address', email);
    for (let n = 1; n <= 6; n += 1) await signIn(strict, email, 'wrong-horse');
    const { rows } = await strict.pool.query(
      `SELECT subject, failed FROM attempt_counters WHERE subject LIKE 'login-name:%' AND failed = 5`,
    );
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(email);
  });

  it('at the second factor is held too, over codes of the app and backup codes together', async () => {
    const person = await createPerson(strict, PASSWORD);
    const token = (await signIn(strict, person.email, PASSWORD)).json.session_token as string;
    const secret = await setUpTotp(strict, token);
    const [backup = ''] = await setUpLookupSecrets(strict, token);
    const fresh = (await signIn(strict, person.email, PASSWORD)).json.session_token as string;
    for (let n = 1; n <= 3; n += 1) {
      expect((await showSecondFactor(strict, fresh, { lookup_secret: `wrong00${n}` })).status).toBe(400);
    }
    const right = nextCode(strict, secret);
    const guesses = ['111111', '222222', '333333', '444444'].filter((code) => code !== right);
    await Promise.all(guesses.map((totp_code) => showSecondFactor(strict, fresh, { totp_code })));
    expect(messageIds(await showSecondFactor(strict, fresh, { totp_code: right }))).toEqual([4000008]);
    expect(messageIds(await showSecondFactor(strict, fresh, { lookup_secret: backup }))).toEqual([4000016]);
    strict.clock.ahead += HOUR;
    expect((await showSecondFactor(strict, fresh, { totp_code: nextCode(strict, secret) })).status).toBe(200);
  });
});
