/** Recordings that are not played, and why. */
export interface NotPlayed {
  ids: string;
  title: string;
  why: string;
}

/** Recordings of features that are not there yet. */
export const UNBUILT: readonly NotPlayed[] = [
  { ids: '24', title: 'A password known from breaches', why: 'being built' },
  { ids: '26', title: 'Verification', why: 'being built' },
  { ids: '27', title: "The courier's messages", why: 'being built' },
  { ids: '28, 36', title: 'Choosing among several addresses; codes by SMS', why: 'not built' },
];

/** Recordings about faults, load and storage: what they showed has tests of its own. */
export const ELSEWHERE: readonly NotPlayed[] = [
  { ids: '30, 45', title: 'Concurrent and rapid guessing', why: 'limits and races' },
  { ids: '32, 33, 34, 37, 39, 40', title: 'Mail servers and senders that fail', why: 'faults of mail and workers' },
  { ids: '35', title: 'What is stored', why: 'the look for secrets after the run' },
  { ids: '41, 42, 48', title: 'How fast mails leave', why: 'load' },
  { ids: '44, 47, 49', title: 'The database away', why: 'faults of the database' },
];
