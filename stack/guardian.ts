import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/**
 * Reads `add PID SIGNAL` and `del PID` lines. When its input ends, the process that started it is gone, however it
 * went: what is still on the list is asked to end, and after ten seconds made to.
 */
const SCRIPT = `
trap '' INT TERM HUP
list=
runs() {
  kill -0 "$1" 2>/dev/null || return 1
  case $(cat "/proc/$1/stat" 2>/dev/null) in *") Z "*) return 1 ;; esac
}
while read -r verb pid signal; do
  rest=
  for entry in $list; do [ "\${entry%%:*}" = "$pid" ] || rest="$rest $entry"; done
  list=$rest
  [ "$verb" = add ] && list="$pid:$signal $list"
done
for entry in $list; do kill -"\${entry#*:}" "\${entry%%:*}" 2>/dev/null; done
tries=0
while [ $tries -lt 100 ]; do
  alive=
  for entry in $list; do runs "\${entry%%:*}" && alive=yes; done
  [ -z "$alive" ] && exit 0
  tries=$((tries + 1))
  sleep 0.1
done
for entry in $list; do kill -KILL -"\${entry%%:*}" 2>/dev/null; done
`;

let input: Writable | null = null;
let shellPid: number | null = null;

/** Process id of the guardian; null while there is nothing to guard. While it lives, so may what it guards. */
export function guardianPid(): number | null {
  return shellPid;
}

/**
 * Makes sure that a child process does not outlive this process, even when this process is killed outright.
 * One small shell per process watches over all children.
 */
export function guard(pid: number, signal: 'INT' | 'TERM'): void {
  write(`add ${pid} ${signal}\n`);
}

/** Takes back {@link guard}, once the child has ended. */
export function unguard(pid: number): void {
  write(`del ${pid}\n`);
}

function write(line: string): void {
  if (input === null || input.destroyed) {
    // In a session of its own, so that Ctrl-C in the terminal does not reach it.
    const shell = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] });
    shell.unref();
    shell.on('error', () => undefined);
    shell.stdin.on('error', () => undefined);
    (shell.stdin as unknown as { unref(): void }).unref();
    input = shell.stdin;
    shellPid = shell.pid ?? null;
  }
  input.write(line);
}
