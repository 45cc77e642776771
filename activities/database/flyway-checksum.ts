import { crc32 } from 'node:zlib';

/** Flyway's checksum of a script: CRC-32, signed, of the lines without their ends and without a byte order mark. */
export function flywayChecksum(sql: string): number {
  const lines = sql.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  return crc32(lines.join('')) | 0;
}
