import { Type } from '@sinclair/typebox';
import type { Static, TObject, TProperties, TSchema, TString, TUnsafe } from '@sinclair/typebox';

/**
 * The kinds of value that a configuration key may hold. A text kind is a JSON Schema `format`; what each one accepts is
 * in `platform/config/formats.ts`.
 */
export type TextKind =
  | 'text'
  | 'duration'
  | 'size'
  | 'base-url'
  | 'page-url'
  | 'return-url'
  | 'schema-url'
  | 'template-url'
  | 'request-url'
  | 'folder'
  | 'locale'
  | 'origin'
  | 'host'
  | 'service'
  | 'address'
  | 'postgres-url'
  | 'smtp-url'
  | 'email'
  | 'header'
  | 'cookie-name'
  | 'cookie-path'
  | 'key-id'
  | 'sha256'
  | 'secret'
  | 'cipher-secret';

/** What a key may say beside its kind. */
export interface KeyOptions<T> {
  /** What the key does, in plain words. Goes into `docs/config.md`. */
  description: string;
  default?: T;
  /** In place of `default`, where the default follows from other keys: words for the documentation. */
  computedDefault?: string;
  /** The value is a secret: no error message repeats it. */
  writeOnly?: true;
}

/** A group of keys. No others may stand beside them. */
export function section<P extends TProperties>(description: string, keys: P): TObject<P> {
  return Type.Object(keys, { description, additionalProperties: false });
}

/** Text of one kind. */
export function text(kind: TextKind, options: KeyOptions<string>): TString {
  return Type.String({ format: kind, ...options });
}

/** Time, as Go writes it. */
export function duration(description: string, defaultValue: string): TString {
  return text('duration', { description, default: defaultValue });
}

export function flag(description: string, defaultValue: boolean) {
  return Type.Boolean({ description, default: defaultValue });
}

/** A whole number within bounds, both included. */
export function count(range: { minimum: number; maximum?: number }, options: KeyOptions<number>) {
  return Type.Integer({ ...range, ...options });
}

/** A TCP port; 0 lets the system choose a free one. */
export function port(description: string, defaultValue: number) {
  return count({ minimum: 0, maximum: 65_535 }, { description, default: defaultValue });
}

/** One of some words. */
export function oneOf<const W extends readonly string[]>(words: W, options: KeyOptions<W[number]>): TUnsafe<W[number]> {
  return Type.Unsafe<W[number]>({ type: 'string', enum: words, ...options });
}

/** A list without repetitions. */
export function list<T extends TSchema>(item: T, options: KeyOptions<Static<T>[]>) {
  return Type.Array(item, { uniqueItems: true, ...options });
}
