// Downloads with a deadline on silence. Dependency-free.
/* global AbortController */

const SILENCE_MS = 12_000;

/**
 * Fetches a whole file into memory.
 *
 * @param {string} url A name and password in it are sent as basic authentication.
 * @param {(text: string) => void} [note] Hears how far it is.
 * @returns {Promise<Buffer>}
 * @throws {Error} naming the host, when it cannot be reached, answers with an error or goes silent for 12 seconds
 */
export async function download(url, note = () => undefined) {
  const address = new URL(url);
  const headers = {};
  if (address.username !== '') {
    const pair = `${decodeURIComponent(address.username)}:${decodeURIComponent(address.password)}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    address.username = '';
    address.password = '';
  }
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await fetch(address, { headers, signal: silence.signal });
    if (!response.ok) throw new Error(`${address.host} answered ${response.status}`);
    const total = Number(response.headers.get('content-length') ?? 0);
    const chunks = [];
    let received = 0;
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      chunks.push(chunk);
      received += chunk.length;
      note(total > 0 ? `${Math.floor((100 * received) / total)} %` : `${Math.floor(received / 1e6)} MB`);
    }
    note('');
    return Buffer.concat(chunks);
  } catch (error) {
    if (silence.signal.aborted)
      throw new Error(`${address.host} did not answer for ${SILENCE_MS / 1000} s`, { cause: error });
    if (error.cause === undefined) throw error;
    throw new Error(`${address.host} cannot be reached (${error.cause.code ?? error.cause.message})`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
