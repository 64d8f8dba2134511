/** What a batch does to each row. */
export type BatchKind = 'invite' | 'import' | 'recover';

/** How a batch stands. `ready`: checked, and waits to be started. */
export type BatchState = 'ready' | 'running' | 'paused' | 'done' | 'cancelled';

/** What can be asked of a batch. */
export type BatchCommand = 'pause' | 'resume' | 'cancel' | 'retry';

/** What can happen to a batch: a command, or that no row is left. */
export type BatchEvent = BatchCommand | 'all_finished';

/** The life of a batch. What is not in the table cannot happen. */
const BATCH_LIFECYCLE: { readonly [S in BatchState]: Partial<Record<BatchEvent, BatchState>> } = {
  ready: { resume: 'running', cancel: 'cancelled' },
  running: { pause: 'paused', cancel: 'cancelled', retry: 'running', all_finished: 'done' },
  paused: { resume: 'running', cancel: 'cancelled', retry: 'running' },
  done: { retry: 'running' },
  cancelled: {},
};

/** Where `event` leads from `state`, or null where it means nothing. */
export function nextBatchState(state: BatchState, event: BatchEvent): BatchState | null {
  return BATCH_LIFECYCLE[state][event] ?? null;
}

/** True when the workflow of a batch has nothing more to do. */
export function isBatchOver(state: BatchState): state is 'done' | 'cancelled' {
  return state === 'done' || state === 'cancelled';
}

/** Rows that are finished a second, and seconds that the rest will take; null where nothing can be said yet. */
export function pace(
  finished: number,
  elapsedMs: number,
  left: number,
): { rate: number | null; secondsLeft: number | null } {
  if (finished <= 0 || elapsedMs <= 0) return { rate: null, secondsLeft: null };
  const rate = (finished * 1_000) / elapsedMs;
  return { rate, secondsLeft: left / rate };
}
