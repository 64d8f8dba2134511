// Computes one Unix crypt hash and posts it. Runs as a worker thread: `workerData` is {scheme, password, salt, rounds}.
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';

const DIGITS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Three bytes (the last group has fewer) to four digits, lowest bits first. */
function encode(groups) {
  return groups
    .map((bytes) => {
      let value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
      let text = '';
      for (let digits = Math.ceil((bytes.length * 8) / 6); digits > 0; digits -= 1) {
        text += DIGITS[value % 64];
        value = Math.floor(value / 64);
      }
      return text;
    })
    .join('');
}

/** `bytes` again and again until there are `length` of them. */
function repeated(bytes, length) {
  const whole = Buffer.alloc(length);
  for (let at = 0; at < length; at += bytes.length) bytes.copy(whole, at);
  return whole;
}

/** https://www.akkadia.org/drepper/SHA-crypt.txt; the numbers are those of its steps. */
function shaCrypt(algorithm, order, password, salt, rounds) {
  const digest = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash(algorithm)).digest();
  const b = digest(password, salt, password); // 4-8
  const parts = [password, salt, repeated(b, password.length)]; // 1-3, 9-10
  for (let bits = password.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? b : password); // 11
  let a = digest(...parts); // 12
  const p = repeated(digest(...Array(password.length).fill(password)), password.length); // 13-16
  const s = repeated(digest(...Array(16 + a[0]).fill(salt)), salt.length); // 17-20
  for (let round = 0; round < rounds; round += 1) {
    const c = createHash(algorithm).update(round & 1 ? p : a); // 21
    if (round % 3) c.update(s);
    if (round % 7) c.update(p);
    a = c.update(round & 1 ? a : p).digest();
  }
  return encode(order.map((group) => group.map((at) => a[at]))); // 22
}

/** The order in which bytes are written: each group of three follows from the one before. */
function order(first, count, next, rest) {
  const groups = [first];
  while (groups.length < count) groups.push(next(groups.at(-1)).map((at) => at + 1));
  return [...groups, rest];
}

const SHA256_ORDER = order([0, 10, 20], 10, ([x, y, z]) => [z, x, y], [31, 30]);
const SHA512_ORDER = order([0, 21, 42], 21, ([x, y, z]) => [y, z, x], [63]);

/** As FreeBSD's crypt-md5.c has done it since 1994. */
function md5Crypt(password, salt) {
  const md5 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('md5')).digest();
  const mixed = md5(password, salt, password);
  const parts = [password, '$1$', salt, repeated(mixed, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? '\0' : password.subarray(0, 1));
  let sum = md5(...parts);
  for (let round = 0; round < 1_000; round += 1) {
    const next = [round & 1 ? password : sum];
    if (round % 3) next.push(salt);
    if (round % 7) next.push(password);
    sum = md5(...next, round & 1 ? sum : password);
  }
  const order = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5], [11]];
  return encode(order.map((group) => group.map((at) => sum[at])));
}

const password = Buffer.from(workerData.password);
const { scheme } = workerData;
const longest = { 1: 8, 5: 16, 6: 16 }[scheme];
const salt = Buffer.from(workerData.salt).subarray(0, longest);
const rounds = Math.min(Math.max(workerData.rounds, 1_000), 999_999_999);

parentPort.postMessage(
  scheme === '1'
    ? md5Crypt(password, salt)
    : scheme === '5'
      ? shaCrypt('sha256', SHA256_ORDER, password, salt, rounds)
      : shaCrypt('sha512', SHA512_ORDER, password, salt, rounds),
);
