// Runs helper programs with a deadline. Dependency-free.
import { spawn } from 'node:child_process';

/**
 * Runs a program to its end.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, timeoutMs?: number, onLine?: (line: string) => void }} [options]
 * @returns {Promise<string>} its output
 * @throws {Error} with the last lines of output when it fails (all of it in `output`), cannot be started or takes too
 *   long
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(command, args, {
      env: options.env ?? process.env,
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            child.kill('SIGKILL');
            finish(new Error(`${command} took longer than ${Math.round(options.timeoutMs / 1000)} s`));
          }, options.timeoutMs);
    const finish = (error) => {
      clearTimeout(timer);
      if (error === null) resolve(output);
      else reject(error);
    };
    const take = (chunk) => {
      output = (output + chunk).slice(-200_000);
      for (const line of String(chunk).split('\n')) if (line.trim() !== '') options.onLine?.(line.trim());
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => finish(new Error(`${command} could not be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) finish(null);
      else
        finish(
          Object.assign(new Error(`${command} ended with ${signal ?? `code ${code}`}: ${lastLines(output, 8)}`), {
            output,
          }),
        );
    });
  });
}

function lastLines(text, count) {
  return text.trim().split('\n').slice(-count).join('\n      ');
}
