/** Web hooks: what was changed or recovered, and how invites ended, told to services of the operator. */

/** The occasion of web hooks: a recovery (its flow's id), a change in the settings (its id), or the end of an invite. */
export interface HookOccasion {
  kind: 'recovery' | 'settings' | 'invite';
  id: string;
}

/** What became of one web hook. */
export interface HookResult {
  /** False: there was nothing to tell, or nobody to tell it to. */
  sent: boolean;
  /** Whether the occasion has another one after it. */
  more: boolean;
}

/** Regular activities, on a queue of their own. */
export interface HookJobs {
  /**
   * Sends the `hook`th web hook (from 0) of the occasion. What it says is read when it is sent, so nothing of it passes
   * through Temporal. Fails, to be tried again, until it is taken.
   */
  sendHook(input: HookOccasion & { hook: number }): Promise<HookResult>;
}
