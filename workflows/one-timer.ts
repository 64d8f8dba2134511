import { CancellationScope, sleep } from '@temporalio/workflow';

/** One timer at a time, for what is due first. Setting it to the same again costs nothing. */
export class OneTimer<Due extends string> {
  private timer: { due: Due; at: number; over: boolean; scope: CancellationScope } | null = null;

  /** @param summaries what the timer is called in the Temporal UI */
  constructor(private readonly summaries: Readonly<Record<Due, string>>) {}

  get isOver(): boolean {
    return this.timer?.over === true;
  }

  /** Sets it to go off for `due` at a time, milliseconds since the epoch. */
  set(due: Due, at: number): void {
    if (this.timer?.due === due && this.timer.at === at) return;
    this.timer?.scope.cancel();
    const timer = { due, at, over: false, scope: new CancellationScope() };
    this.timer = timer;
    timer.scope
      .run(() => sleep(Math.max(at - Date.now(), 1), { summary: this.summaries[due] }))
      .then(
        () => (timer.over = true),
        () => undefined,
      );
  }

  /** What it went off for, once; null while it has not. */
  take(): { due: Due; at: number } | null {
    if (!this.timer?.over) return null;
    const { due, at } = this.timer;
    this.timer = null;
    return { due, at };
  }

  stop(): void {
    this.timer?.scope.cancel();
    this.timer = null;
  }
}
