import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONFIG_KEYS } from '../../platform/config/keys.js';
import { projectRoot } from '../../platform/paths.js';
import { renderConfigReference } from '../../stack/config-reference.js';

describe('docs/config.md', () => {
  const text = renderConfigReference();

  it('is what the schema says', () => {
    expect(readFileSync(join(projectRoot, 'docs/config.md'), 'utf8')).toBe(text);
  });

  it('has a row with words and a variable for every key', () => {
    const rows = new Map(
      [...text.matchAll(/^\| `([^`]+)` \| (.+) \| (.*) \| (.+) \| `([A-Z0-9_]+)` \|$/gm)].map((match) => [
        match[1],
        match,
      ]),
    );
    for (const { path, variable } of CONFIG_KEYS) {
      expect(rows.get(path)?.[5], path).toBe(variable);
      expect(rows.get(path)?.[4]?.length, path).toBeGreaterThan(3);
      expect(rows.get(path)?.[3], path).not.toBe('`undefined`');
    }
  });
});
