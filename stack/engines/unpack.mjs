// Just enough of zip and tar to unpack what this project fetches. Dependency-free.
import { inflateRawSync } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;

/**
 * Unpacks a zip archive (stored and deflated entries, no zip64).
 *
 * @param {Buffer} archive
 * @returns {Map<string, Buffer>} contents by name, without folders
 */
export function unzip(archive) {
  let end = archive.length - 22;
  while (end >= 0 && archive.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1;
  if (end < 0) throw new Error('not a zip archive');
  const files = new Map();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (archive.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new Error('the zip archive is damaged');
    const method = archive.readUInt16LE(at + 10);
    const packedSize = archive.readUInt32LE(at + 20);
    const nameLength = archive.readUInt16LE(at + 28);
    const local = archive.readUInt32LE(at + 42);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
    if (name.endsWith('/')) continue;
    if (name.split('/').includes('..')) throw new Error(`the zip archive holds an unsafe name: ${name}`);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const packed = archive.subarray(start, start + packedSize);
    if (method !== 0 && method !== 8) throw new Error(`the zip archive uses method ${method}`);
    files.set(name, method === 8 ? inflateRawSync(packed) : packed);
  }
  return files;
}

/**
 * Takes one file out of a tar archive.
 *
 * @param {Buffer} archive Not compressed.
 * @param {string} wanted Name of the file.
 * @returns {Buffer}
 */
export function untarOne(archive, wanted) {
  const text = (from, length) => archive.toString('utf8', from, from + length).split('\0')[0];
  for (let at = 0; at + 512 <= archive.length;) {
    const name = text(at, 100);
    if (name === '') break;
    const prefix = text(at + 257, 5) === 'ustar' ? text(at + 345, 155) : '';
    const size = Number.parseInt(text(at + 124, 12).trim() || '0', 8);
    const full = (prefix === '' ? name : `${prefix}/${name}`).replace(/^\.\//, '');
    if (full === wanted) return archive.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`the archive does not hold ${wanted}`);
}
