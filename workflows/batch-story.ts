import { setCurrentDetails } from '@temporalio/workflow';
import type { BatchStanding } from './batch-ports.js';
import { pace } from './domain/batch-lifecycle.js';

const STATES: Record<BatchStanding['state'], string> = {
  ready: 'checked; waits to be started (signal `resume`)',
  running: 'running',
  paused: 'paused (signal `resume` goes on)',
  done: '**done**',
  cancelled: '**cancelled**',
};
const BAR = 30;

/** Tells how far a batch is, as the Temporal UI's current details. Costs no history. */
export class BatchStory {
  private standing: BatchStanding | null = null;
  /** When the rows began to be counted whose speed is told, and how many were finished then. */
  private since = { at: 0, finished: 0 };

  stands(standing: BatchStanding): void {
    if (this.standing?.state !== standing.state) {
      this.since = { at: Date.now(), finished: standing.done + standing.failed };
    }
    this.standing = { ...standing };
    this.show();
  }

  finished(done: number, failed: number): void {
    if (!this.standing) return;
    this.standing.done += done;
    this.standing.failed += failed;
    this.show();
  }

  private show(): void {
    if (!this.standing) return;
    const { kind, state, good, bad, done, failed } = this.standing;
    const finished = done + failed;
    const left = Math.max(good - finished, 0);
    const filled = good === 0 ? BAR : Math.floor((finished / good) * BAR);
    const { rate, secondsLeft } = pace(finished - this.since.finished, Date.now() - this.since.at, left);
    const speed =
      state === 'running' && rate !== null && secondsLeft !== null
        ? `\n\n${rate.toFixed(1)} rows a second, about ${Math.ceil(secondsLeft / 60)} minutes left`
        : '';
    setCurrentDetails(
      `Batch (${kind}): ${STATES[state]}\n\n\`${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}\` ` +
        `${done} done, ${failed} failed, ${left} left, ${bad} bad rows left out${speed}`,
    );
  }
}
