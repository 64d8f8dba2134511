import { STATUS_CODES } from 'node:http';

/** An answer, however it was fetched. */
interface Refusal {
  status: number;
  text: string | (() => Promise<string>);
}

/** What a table expects of one bad request. */
export interface ExpectedRefusal {
  name: string;
  /** What the reason has to say. */
  says: RegExp;
  /** 400 unless given. */
  status?: number;
}

/**
 * What is wrong with an answer that has to be a 4xx in Kratos' error shape, with a reason that says what is to be
 * mended; an empty list when nothing is. Lists of a whole table are compared with `[]`, so that all its failures show.
 */
export async function wrongRefusal(answer: Refusal, { name, says, status = 400 }: ExpectedRefusal): Promise<string[]> {
  const text = typeof answer.text === 'string' ? answer.text : await answer.text();
  const error = errorIn(text);
  const right =
    answer.status === status &&
    error.code === status &&
    error.status === STATUS_CODES[status] &&
    typeof error.message === 'string' &&
    typeof error.reason === 'string' &&
    says.test(error.reason);
  return right ? [] : [`${name}: ${answer.status} ${text.slice(0, 400)}`];
}

function errorIn(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) as { error?: Record<string, unknown> }).error ?? {};
  } catch {
    return {};
  }
}
