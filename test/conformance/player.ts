import type { JsonValue } from '../../schemas/json.js';
import type { Gap } from './compare.js';
import { compareAnswers, compareObservations } from './compare.js';
import { factsOf } from './facts.js';
import { bindMailed, settleMails } from './mails.js';
import { looks } from './observations.js';
import { preparations } from './preparations.js';
import type { RecordedRequest, RecordedStep } from './recording.js';
import type { Stage } from './stage.js';
import { cookieHeader } from './stage.js';
import type { WireAnswer } from './wire.js';
import { exchange } from './wire.js';

/** How one step went. */
export interface PlayedStep {
  recording: string;
  /** From 1. */
  step: number;
  name: string;
  gaps: Gap[];
}

/**
 * Plays a recording step by step and says for each in what the answer differs. `stageFor` gives the stage for a
 * configuration; a step may change it.
 */
export async function play(
  recording: string,
  steps: readonly RecordedStep[],
  stageFor: (config: string | null) => Promise<Stage>,
): Promise<PlayedStep[]> {
  const played: PlayedStep[] = [];
  let stage = await stageFor(null);
  for (const [index, step] of steps.entries()) {
    if (step.config !== undefined) stage = await stageFor(step.config);
    await preparations[recording]?.[index + 1]?.(stage);
    played.push({
      recording,
      step: index + 1,
      name: step.name,
      gaps: await playStep(stage, recording, index + 1, step),
    });
  }
  return played;
}

async function playStep(stage: Stage, recording: string, number: number, step: RecordedStep): Promise<Gap[]> {
  if (step.send && step.expect) {
    let answer: WireAnswer;
    try {
      answer = await sendStep(stage, step.send);
    } catch (error) {
      return [{ what: 'request', kratos: 'was sent', here: (error as Error).message }];
    }
    return compareAnswers(step.expect, factsOf(answer), stage.bindings);
  }
  const look = looks[recording]?.[number];
  if (!look) return [{ what: 'seen', kratos: JSON.stringify(step.observed), here: 'was not looked at' }];
  return compareObservations(step.observed ?? null, await look(stage), stage.bindings);
}

async function sendStep(stage: Stage, recorded: RecordedRequest): Promise<WireAnswer> {
  const { bindings, harness } = stage;
  // In a request `{csrf}` is the token that this browser saw last; in answers it is any token.
  const send = JSON.parse(
    JSON.stringify(recorded).replaceAll('{csrf}', `{csrf.${recorded.browser ?? 0}}`),
  ) as RecordedRequest;
  await bindMailed(stage, JSON.stringify(send));
  const headers = fillAll(stage, send.headers ?? {}) as Record<string, string>;
  const jar = stage.jar(send.browser);
  if (jar.size > 0) headers['cookie'] = cookieHeader(jar);
  const path = bindings.fill(send.path);
  const base = send.to === 'admin' ? harness.adminUrl : harness.publicUrl;
  const answer = await exchange(send.method, `${base}${path}`, headers, bodyText(stage, send));
  stage.saw(send.browser, answer);
  const token = csrfTokenIn(answer.json);
  if (token !== undefined && send.browser !== undefined) bindings.bind(`csrf.${send.browser}`, token);
  await notePromise(stage, send, path, answer);
  return answer;
}

interface FlowLike {
  ui?: { nodes?: { attributes?: { name?: string; value?: string } }[] };
}

function csrfTokenIn(json: JsonValue | undefined): string | undefined {
  const nodes = (json as FlowLike | null | undefined)?.ui?.nodes ?? [];
  return nodes.find((node) => node.attributes?.name === 'csrf_token')?.attributes?.value;
}

/** When an address was taken, waits for its mail: recordings count mails, so their order has to be certain. */
async function notePromise(stage: Stage, send: RecordedRequest, path: string, answer: WireAnswer): Promise<void> {
  const body = send.body as { email?: string } | undefined;
  if (send.method !== 'POST' || typeof body?.email !== 'string') return;
  const flow = new URL(path, 'http://localhost').searchParams.get('flow') ?? '-';
  const taken = /"id":10[68]000[123]\b/.test(answer.text) || (answer.headers.location ?? '').includes(flow);
  if (!taken) return;
  const address = stage.bindings.fill(body.email);
  stage.promise(address);
  await settleMails(stage, address);
}

function bodyText(stage: Stage, send: RecordedRequest): string | undefined {
  const { body } = send;
  if (body === undefined) return undefined;
  if (body === '<1001 items>')
    return JSON.stringify({ identities: Array.from({ length: 1_001 }, () => ({ create: { traits: {} } })) });
  if (body === '<6 MB>') return JSON.stringify({ method: 'code', email: 'x'.repeat(6_000_000) });
  if (typeof body === 'string') return stage.bindings.fill(body);
  const filled = fillAll(stage, body);
  if (!send.headers?.['content-type']?.startsWith('application/x-www-form-urlencoded')) return JSON.stringify(filled);
  return new URLSearchParams(filled as Record<string, string>).toString();
}

function fillAll(stage: Stage, value: JsonValue): JsonValue {
  if (typeof value === 'string') return stage.bindings.fill(value);
  if (Array.isArray(value)) return value.map((item) => fillAll(stage, item));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fillAll(stage, inner)]));
}
