/** Mail has a task queue of its own beside that of the flows: a slow mail server never delays a submission. */
export function mailQueueOf(taskQueue: string): string {
  return `${taskQueue}-mail`;
}
