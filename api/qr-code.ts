import { crc32, deflateSync } from 'node:zlib';
import encodeQr from 'qr';

/** Quiet zone around the code, in modules (ISO/IEC 18004). */
const BORDER = 4;
const LEAST_WIDTH = 256;

/** A text as a QR code: a PNG in a `data:` URL, at least 256 pixels wide and high. */
export function qrCodeImage(text: string): { src: string; width: number; height: number } {
  const modules = encodeQr(text, 'raw', { border: BORDER });
  const scale = Math.ceil(LEAST_WIDTH / modules.length);
  const size = modules.length * scale;
  const lines = modules.map((row) => scanLine(row, scale));
  const data = deflateSync(Buffer.concat(lines.flatMap((line) => Array<Buffer>(scale).fill(line))));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  // One bit a pixel, grey.
  header.writeUInt8(1, 8);
  const png = Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
  return { src: `data:image/png;base64,${png.toString('base64')}`, width: size, height: size };
}

/** One row of pixels after its filter byte; dark modules are zeros. */
function scanLine(row: readonly boolean[], scale: number): Buffer {
  const line = Buffer.alloc(1 + Math.ceil((row.length * scale) / 8), 0xff);
  line[0] = 0;
  for (let x = 0; x < row.length * scale; x += 1) {
    const at = 1 + (x >> 3);
    if (row[Math.floor(x / scale)]) line[at] = (line[at] ?? 0) & ~(0x80 >> (x & 7));
  }
  return line;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
