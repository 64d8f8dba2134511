/** Mail has a task queue of its own beside that of the flows: a slow mail server never delays a submission. */
export function mailQueueOf(taskQueue: string): string {
  return `${taskQueue}-mail`;
}

/** So have web hooks: a receiver that does not answer delays no mail. */
export function hookQueueOf(taskQueue: string): string {
  return `${taskQueue}-hooks`;
}

/** So have batches, for their rows and for the mails of what they start: no batch delays a person's own recovery. */
export function batchQueueOf(taskQueue: string): string {
  return `${taskQueue}-batch`;
}
