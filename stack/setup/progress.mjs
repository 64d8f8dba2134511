// Progress lines of set-up. Dependency-free.

const REMINDER_MS = 15_000;

/**
 * @typedef {object} Progress
 * @property {<T>(title: string, work: (note: (text: string) => void) => Promise<T>) => Promise<T>} step
 *   Runs the work under a line that shows how long it has taken; `note` puts a few words behind the title. A step
 *   within a step shows up on the line of the outer one.
 * @property {(text: string) => void} say Prints a line of its own.
 */

/**
 * On a terminal a step's line counts the seconds in place; elsewhere it is printed at the start, every 15 seconds, and
 * when the step is done.
 *
 * @param {NodeJS.WriteStream} out
 * @param {number} steps How many steps there will be; 0 leaves the numbers out.
 * @returns {Progress}
 */
export function createProgress(out, steps) {
  let count = 0;
  /** @type {null | { show: (text: string) => void, announce: (text: string) => void }} */
  let outer = null;

  const print = (text) => out.write(out.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`);

  async function inner(title, work) {
    const { show, announce } = outer;
    announce(title);
    return work((text) => show(text === '' ? title : `${title}: ${text}`));
  }

  async function step(title, work) {
    if (outer !== null) return inner(title, work);
    count += 1;
    const prefix = steps > 0 ? `[${count}/${steps}] ` : '';
    const began = Date.now();
    let printedAt = began;
    let detail = '';
    const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
    const line = (end) => `${prefix}${title}${detail === '' ? '' : `: ${detail}`} … ${end}`.trimEnd();
    const draw = () => {
      if (out.isTTY) {
        out.write(`\r\x1b[K${line(seconds()).slice(0, (out.columns ?? 80) - 1)}`);
      } else if (Date.now() - printedAt >= REMINDER_MS) {
        printedAt = Date.now();
        out.write(`${line(seconds())}\n`);
      }
    };
    outer = {
      show: (text) => {
        detail = text;
        draw();
      },
      announce: (text) => {
        detail = text;
        if (out.isTTY) draw();
        else out.write(`${line('')}\n`);
      },
    };
    outer.announce('');
    const timer = setInterval(draw, 1_000);
    try {
      const result = await work(outer.show);
      detail = '';
      print(line(`done in ${seconds()}`));
      return result;
    } catch (error) {
      print(line(`failed after ${seconds()}`));
      throw error;
    } finally {
      clearInterval(timer);
      outer = null;
    }
  }

  return { step, say: print };
}
