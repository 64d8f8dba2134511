import type { JsonValue } from '../../schemas/json.js';
import { mailFacts, mailsTo, settleMails } from './mails.js';
import type { Stage } from './stage.js';

/** Looks at what a recording looked at, between its exchanges. */
export type Look = (stage: Stage) => Promise<JsonValue>;

/** By recording, then by the number of the step (from 1). */
export const looks: Readonly<Record<string, Readonly<Record<number, Look>>>> = {
  '08': {
    8: (stage) => mailFacts(stage, 'email.ss.1'),
    18: async (stage) => mailsTo(stage, stage.bindings.get('email.ss.1')).length,
  },
  '12': {
    4: async (stage) => {
      const mails = await settleMails(stage, stage.bindings.get('email.rs.1'));
      return mails[0]?.text !== mails[1]?.text;
    },
    16: async (stage) => {
      const address = stage.bindings.get('email.rs.3');
      const statuses: number[] = [];
      for (let turn = 0; turn < 12; turn += 1) {
        const { status } = await stage.open('POST', `/self-service/recovery?flow=${stage.bindings.get('flow.4')}`, {
          body: { method: 'code', email: address },
        });
        statuses.push(status);
        // The limit on mails is what is looked at; up to it, each answer is followed by one.
        if (turn < stage.harness.config.limits.issuesPerFlow) stage.promise(address);
        await settleMails(stage, address);
      }
      return { statuses, mails: mailsTo(stage, address).length };
    },
  },
  '14': { 3: async (stage) => mailsTo(stage, stage.bindings.get('email.unk.1')).length },
  '15': { 3: (stage) => mailFacts(stage, 'email.unk.1') },
  '19': { 3: (stage) => mailFacts(stage, 'email.lnk.1') },
  'on GET 19': { 3: (stage) => mailFacts(stage, 'email.lnk.1') },
  '26': { 4: (stage) => mailFacts(stage, 'email.ver.1') },
  '21': { 10: (stage) => mailFacts(stage, 'email.exp.1') },
};
