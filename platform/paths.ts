import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(from: string): string {
  let folder = from;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** The project's root folder, the same whether this runs from the sources or from `dist`. */
export const projectRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));
