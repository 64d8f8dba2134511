import { inflateSync } from 'node:zlib';
import decodeQr from 'qr/decode.js';
import { describe, expect, it } from 'vitest';
import { qrCodeImage } from '../../api/qr-code.js';

/** The pixels of a grey PNG of one bit, as RGBA. */
function pixelsOf(src: string): { width: number; height: number; data: Uint8Array } {
  const png = Buffer.from(src.replace('data:image/png;base64,', ''), 'base64');
  expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  const parts = new Map<string, Buffer>();
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    parts.set(png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const header = parts.get('IHDR')!;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const lines = inflateSync(parts.get('IDAT')!);
  const stride = 1 + Math.ceil(width / 8);
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const light = (lines[y * stride + 1 + (x >> 3)]! >> (7 - (x & 7))) & 1;
      data.fill(light * 255, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return { width, height, data };
}

describe('a QR code', () => {
  it('is a picture that a reader reads', () => {
    const text = 'otpauth://totp/Example:a%40example.test?issuer=Example&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
    const image = qrCodeImage(text);
    const pixels = pixelsOf(image.src);
    expect(pixels).toMatchObject({ width: image.width, height: image.height });
    expect(image.width).toBeGreaterThanOrEqual(256);
    expect(decodeQr(pixels)).toBe(text);
  });
});
