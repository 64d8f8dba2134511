/** Recordings that are not played, and why. */
export interface NotPlayed {
  ids: string;
  title: string;
  why: string;
}

/** Recordings of features that this service does not have. */
export const UNBUILT: readonly NotPlayed[] = [
  { ids: '28, 36', title: 'Choosing among several addresses of an account; codes by SMS', why: 'not built' },
];

/** Recordings about faults, load and storage, and the tests about the same. */
export const ELSEWHERE: readonly NotPlayed[] = [
  {
    ids: '30, 45',
    title: 'Guessing, at once and at speed',
    why: 'test/faults/races.test.ts, test/api/public/account-hold.test.ts',
  },
  {
    ids: '32, 33, 34, 37, 39, 40',
    title: 'Mail servers and senders that fail',
    why: 'test/faults/mail-server-away.test.ts, test/faults/no-workers.test.ts',
  },
  { ids: '35', title: 'What is stored', why: 'test/after/secrets.test.ts' },
  { ids: '44, 47, 49', title: 'The database away', why: 'test/faults/postgres-away.test.ts' },
  { ids: '41, 42, 48', title: 'How fast mails leave', why: 'speed, which is measured and not compared' },
];
