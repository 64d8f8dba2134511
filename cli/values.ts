import { readFileSync } from 'node:fs';
import { text as streamText } from 'node:stream/consumers';
import type { JsonObject, JsonValue } from '../schemas/json.js';
import { formatGoDuration, parseGoDuration } from '../workflows/domain/duration.js';
import type { Call } from './command.js';
import { usageError } from './exit.js';

const DAY_MS = 86_400_000;

/**
 * A duration as the API takes it: `12h` or `1h30m` as they are, and days, which the API has not got: `90d`, `1d12h`.
 * @throws CliError (usage) naming the option
 */
export function durationOption(call: Call, name: string): string | undefined {
  const given = call.text(name);
  if (given === undefined) return undefined;
  const [, days = '', rest = ''] = /^(?:(\d{1,6})d)?(.*)$/s.exec(given) ?? [];
  const ms = rest === '' && days !== '' ? 0 : parseGoDuration(rest);
  if (ms === null || ms < 0)
    throw usageError(`--${name}: "${given}" is not a duration.`, 'Write it like 90d, 12h or 1h30m.');
  return days === '' ? rest : formatGoDuration(Number(days) * DAY_MS + ms);
}

/** A whole number from 1. */
export function countOption(call: Call, name: string): number | undefined {
  const given = call.text(name);
  if (given === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(given)) throw usageError(`--${name}: "${given}" is not a whole number from 1.`);
  return Number(given);
}

/** How many entries a list shows: `--limit`, 100 unless given, or `--all`. */
export function limitOption(call: Call): number {
  const limit = countOption(call, 'limit');
  if (call.flag('all')) {
    if (limit !== undefined) throw usageError('--limit and --all exclude each other.');
    return Infinity;
  }
  return limit ?? 100;
}

/** The options that {@link limitOption} reads. */
export const LIMIT_OPTIONS = [
  { name: 'limit', value: 'N', help: 'show at most N; 100 unless given' },
  { name: 'all', help: 'show all' },
] as const;

/** Says that a list goes on, if it does. */
export function noteMore(call: Call, more: boolean): void {
  if (more) call.print.note('There are more; --limit N or --all shows them.');
}

/** JSON that was given as an option. */
export function jsonOption(call: Call, name: string): JsonValue | undefined {
  const given = call.text(name);
  return given === undefined ? undefined : parseJson(given, `--${name}`);
}

/** The text of a file, or of standard input for `-`. @throws CliError (usage) when it cannot be read */
export async function readText(call: Call, file: string): Promise<string> {
  if (file === '-') return streamText(call.io.stdin);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw usageError(`${file} cannot be read (${(error as { code?: string }).code ?? 'unknown'}).`);
  }
}

/** @throws CliError (usage) naming where the text is from */
export function parseJson(text: string, where: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw usageError(`${where}: is not JSON.`);
  }
}

/** True for a JSON object. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
