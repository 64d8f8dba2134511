import type { Output } from './io.js';

const WIDTH = 30;
const REDRAWN_EVERY_MS = 100;

/** How far a long job has come. */
export interface Progress {
  /** `done` of the total; `note` stands behind the bar, such as `3 failed`. */
  update(done: number, note?: string): void;
  /** Ends the line. Call it always. */
  end(): void;
}

/** A progress bar on a terminal; nothing elsewhere. */
export function progressBar(output: Output, total: number): Progress {
  if (output.isTTY !== true) return { update: () => undefined, end: () => undefined };
  let drawnAt = 0;
  let line = '';
  const draw = (): void => {
    drawnAt = Date.now();
    output.write(`\r\u001b[K${line}`);
  };
  return {
    update(done, note = '') {
      const share = total === 0 ? 1 : Math.min(done / total, 1);
      const filled = Math.round(share * WIDTH);
      const bar = '#'.repeat(filled) + '-'.repeat(WIDTH - filled);
      line = `[${bar}] ${Math.floor(share * 100)}% ${done}/${total} ${note}`.trimEnd();
      if (Date.now() - drawnAt >= REDRAWN_EVERY_MS) draw();
    },
    end() {
      draw();
      output.write('\n');
    },
  };
}
