import { expect } from 'vitest';
import type { Stage } from './stage.js';

/** What has to be done before a step, because the recording begins later or left it out. */
export type Preparation = (stage: Stage) => Promise<void> | void;

const LONGER_THAN_A_LIFESPAN = 11 * 60;

/** By recording, then by the number of the step (from 1) that they come before. */
export const preparations: Readonly<Record<string, Readonly<Record<number, Preparation>>>> = {
  '01': {
    1: (stage) =>
      expect.poll(async () => (await stage.open('GET', '/health/ready')).status, { timeout: 20_000 }).toBe(200),
  },
  '06': {
    1: (stage) => stage.person('identity.1', 'email.adm.1'),
    28: (stage) => stage.person('identity.2', 'email.adm.2', { state: 'inactive' }),
  },
  '07': { 1: (stage) => stage.person('identity.1', 'email.use.1', { password: 'old-horse-battery-1' }) },
  '08': {
    1: (stage) => stage.person('identity.1', 'email.ss.1', { password: 'old-horse-battery-1' }),
    17: (stage) => stage.begin('flow.3'),
  },
  '10': { 1: (stage) => stage.person('identity.1', 'email.web.1') },
  '11': {
    1: async (stage) => {
      for (const n of [1, 2, 3, 4]) await stage.person(`identity.lim${n}`, `email.lim.${n}`);
    },
  },
  '12': {
    1: (stage) => stage.person('identity.rs1', 'email.rs.1'),
    8: (stage) => stage.person('identity.rs2', 'email.rs.2'),
    15: (stage) => stage.person('identity.rs3', 'email.rs.3'),
  },
  '16': { 5: (stage) => stage.ahead(LONGER_THAN_A_LIFESPAN) },
  '17': { 5: (stage) => stage.ahead(LONGER_THAN_A_LIFESPAN) },
  '18': {
    1: (stage) => stage.person('identity.1', 'email.nocw.1'),
    12: (stage) => stage.person('identity.nocw2', 'email.nocw.2'),
    20: (stage) => stage.person('identity.2', 'email.nocw.4', { state: 'inactive' }),
    22: (stage) => stage.person('identity.nocw3', 'email.nocw.3'),
  },
  ...bothWays(
    '19',
    {
      1: async (stage) => {
        for (const n of [1, 2, 3]) await stage.person(`identity.lnk${n}`, `email.lnk.${n}`);
      },
      23: (stage) => stage.begin('flow.8'),
      24: (stage) => stage.begin('flow.9'),
      26: (stage) => stage.begin('flow.10'),
    },
    {
      13: (stage) => press(stage, 2, 'settings.3'),
      17: (stage) => press(stage, 1, 'flow.4'),
      19: (stage) => press(stage, 3, 'flow.5'),
    },
  ),
  ...bothWays(
    '20',
    {
      1: (stage) => stage.person('identity.1', 'email.alk.1'),
      20: (stage) => stage.ahead(5),
      23: (stage) => stage.ahead(5),
      26: (stage) => stage.person('identity.2', 'email.alk.2', { state: 'inactive' }),
    },
    {
      14: (stage) => press(stage, 1, 'settings.1'),
      18: (stage) => press(stage, 2, 'flow.5'),
      28: (stage) => press(stage, 3, 'flow.12'),
    },
  ),
  '21': {
    1: (stage) => stage.person('identity.1', 'email.exp.1'),
    2: (stage) => stage.ahead(5),
    5: (stage) => stage.ahead(5),
    11: (stage) => stage.ahead(LONGER_THAN_A_LIFESPAN),
  },
  '23': {
    1: async (stage) => {
      await stage.person('identity.1', 'email.priv.1');
      await stage.recover('identity.1', 'session.1', 'settings.2');
      await stage.adminCode('identity.1', 'flow.1', 'code.1', 'browser');
    },
    4: (stage) => stage.ahead(LONGER_THAN_A_LIFESPAN),
    11: (stage) => stage.recover('identity.1', 'session.2', 'settings.9'),
  },
  '24': {
    1: async (stage) => {
      await stage.person('identity.1', 'email.hibp.1');
      await stage.recover('identity.1', 'session.1', 'settings.1');
    },
    3: async (stage) => {
      await stage.person('identity.1', 'email.hibp.2');
      await stage.recover('identity.1', 'session.2', 'settings.3');
    },
  },
  '25': {
    1: async (stage) => {
      await stage.person('identity.1', 'email.rvk.1');
      await stage.recover('identity.1', 'session.1', 'settings.1');
    },
    2: (stage) => stage.recover('identity.1', 'session.2', 'settings.2'),
    5: async (stage) => {
      await stage.person('identity.2', 'email.rvk.2');
      await stage.recover('identity.2', 'session.3', 'settings.3');
      await stage.recover('identity.2', 'session.4', 'settings.4');
    },
    6: async (stage) => {
      const { status } = await stage.open('POST', `/self-service/settings?flow=${stage.bindings.get('settings.4')}`, {
        body: { method: 'password', password: 'brand-new-battery-9' },
        headers: { 'x-session-token': stage.bindings.get('session.4') },
      });
      if (status !== 200) throw new Error(`the password was not taken: ${status}`);
    },
  },
  '26': {
    1: (stage) => stage.person('identity.1', 'email.ver.1'),
    5: (stage) => addressState(stage, 'identity.1', 'sent'),
    10: (stage) => stage.begin('flow.3', { kind: 'verification' }),
    11: async (stage) => {
      await stage.person('identity.ver2', 'email.ver.2');
      await stage.begin('flow.4', { kind: 'verification', email: 'email.ver.2' });
    },
    12: (stage) => stage.begin('flow.5', { kind: 'verification' }),
  },
  '27': {
    1: async (stage) => {
      await stage.person('identity.other', 'email.cour.2');
      await stage.begin('flow.other', { email: 'email.cour.2' });
      await messageState(stage, 'email.cour.2', 'sent');
      holdMails(stage);
      await stage.person('identity.1', 'email.cour.1');
      await stage.begin('flow.1', { email: 'email.cour.1' });
      await messageState(stage, 'email.cour.1', 'processing');
    },
    2: async (stage) => {
      release();
      stage.harness.mail.setBehaviour(null);
      await messageState(stage, 'email.cour.1', 'sent');
    },
  },
  '29': {
    1: (stage) => stage.person('identity.1', 'email.dis.1'),
    8: (stage) => stage.person('identity.1', 'email.dis.2'),
  },
  '31': {
    1: (stage) => stage.person('identity.1', 'email.prod.1'),
    5: (stage) => stage.begin('flow.2', { email: 'email.prod.1' }),
  },
  '43': {
    1: (stage) => stage.person('identity.1', 'email.many.1'),
    5: async (stage) =>
      void (await stage.admin('DELETE', `/admin/identities/${stage.bindings.get('identity.1')}/sessions`)),
  },
};

/** For a recording that is played with pages that ask for a click, and with links that act when opened. */
function bothWays(
  recording: string,
  steps: Record<number, Preparation>,
  clicks: Record<number, Preparation>,
): Record<string, Record<number, Preparation>> {
  return { [recording]: { ...steps, ...clicks }, [`on GET ${recording}`]: steps };
}

/** The click that the page of a link asks for. Where it leads becomes known as `flow`. */
async function press(stage: Stage, browser: number, flow: string): Promise<void> {
  const { status, headers } = await stage.press(browser);
  const id = URL.canParse(headers.location ?? '') && new URL(headers.location ?? '').searchParams.get('flow');
  if (status !== 303 || !id) throw new Error(`the button led nowhere: ${status} ${headers.location}`);
  stage.bindings.bind(flow, id);
}

/** The mail server takes its time, until `release`. */
function holdMails(stage: Stage): void {
  const gate = new Promise<void>((resolve) => void (release = resolve));
  stage.harness.mail.setBehaviour(async () => {
    await gate;
    return 'accept' as const;
  });
}

let release = (): void => undefined;

/** Waits until the one message to an address is in this state. */
async function messageState(stage: Stage, email: string, state: string): Promise<void> {
  const path = `/admin/courier/messages?recipient=${encodeURIComponent(stage.bindings.get(email))}`;
  const read = async (): Promise<string | undefined> =>
    (await stage.admin('GET', path)).json[0]?.status as string | undefined;
  await expect.poll(read, { timeout: 30_000 }).toBe(state);
}

/** Waits until a person's first address is in this state: that is noted after its mail is out. */
async function addressState(stage: Stage, identity: string, state: string): Promise<void> {
  const path = `/admin/identities/${stage.bindings.get(identity)}`;
  const read = async (): Promise<string> =>
    (await stage.admin('GET', path)).json.verifiable_addresses[0].status as string;
  await expect.poll(read, { timeout: 20_000 }).toBe(state);
}
