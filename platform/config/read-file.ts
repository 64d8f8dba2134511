import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import type { ErrorCode } from 'yaml';
import { ConfigError } from './errors.js';
import { isTree } from './known-keys.js';
import type { Tree } from './known-keys.js';

/** Words of our own: the parser's messages quote the file, which may hold secrets. */
const YAML_PROBLEMS: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: 'this alias names no anchor',
  BAD_INDENT: 'the indentation does not fit the lines around it',
  DUPLICATE_KEY: 'this key stands here twice',
  MISSING_CHAR: 'a character is missing, such as a closing quote or bracket',
  MULTIPLE_DOCS: 'the file holds more than one document',
  TAB_AS_INDENT: 'a tab cannot indent; use spaces',
  TAG_RESOLVE_FAILED: 'this kind of tag (a word after "!") is not known',
};

/**
 * Reads a configuration file: YAML, or JSON, which is YAML as well.
 * @throws ConfigError when there is no such file, or it is not a YAML map
 */
export function readConfigFile(file: string): Tree {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code ?? 'unknown error'})`;
    throw new ConfigError([{ key: '', text: `Configuration file ${file}: ${reason}` }]);
  }
  return parseConfig(source, file);
}

/** The same for text at hand; `file` is its name in error messages. */
export function parseConfig(source: string, file: string): Tree {
  const lineCounter = new LineCounter();
  const document = parseDocument(source, { lineCounter, prettyErrors: false, merge: true });
  const faults = [...document.errors, ...document.warnings].map((fault) => {
    const { line, col } = lineCounter.linePos(fault.pos[0]);
    const words = YAML_PROBLEMS[fault.code] ?? `this is not YAML (${fault.code.toLowerCase().replaceAll('_', ' ')})`;
    return { key: '', text: `${file}, line ${line}, column ${col}: ${words}` };
  });
  if (faults.length > 0) throw new ConfigError(faults);

  let content: unknown;
  try {
    content = document.toJS();
  } catch {
    throw new ConfigError([{ key: '', text: `${file}: its aliases unfold to too much` }]);
  }
  if (content === null || content === undefined) return {};
  if (!isTree(content)) throw new ConfigError([{ key: '', text: `${file}: must hold keys and values, "key: value"` }]);
  return content;
}
