import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generate } from 'selfsigned';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  readonly authority: string;
  readonly server: Certificate;
  /** Of files in `folder`: `client.pem` and `client.key`, beside `authority.pem`. */
  readonly folder: string;
  remove(): void;
}

/** An authority made for one test, a server certificate for 127.0.0.1 and localhost, and a client certificate. */
export async function makeCertificates(): Promise<Certificates> {
  const authority = await issue('authority', [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ]);
  const ca = { key: authority.key, cert: authority.cert };
  const server = await issue(
    'localhost',
    [
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
    ca,
  );
  const client = await issue('worker', [{ name: 'extKeyUsage', clientAuth: true }], ca);
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-certificates-'));
  const files = { 'authority.pem': authority.cert, 'client.pem': client.cert, 'client.key': client.key };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text, { mode: 0o600 });
  return { authority: authority.cert, server, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

type Options = NonNullable<Parameters<typeof generate>[1]>;

async function issue(commonName: string, extensions: Options['extensions'], ca?: Options['ca']): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: commonName }], {
    algorithm: 'sha256',
    keyType: 'ec',
    extensions,
    ...(ca === undefined ? {} : { ca }),
  });
  return { cert, key };
}
