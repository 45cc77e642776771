import { createHash } from 'node:crypto';
import path from 'node:path';
import { packageRoot } from '../package-root.js';

export const shopVersions = ['1', '2', '3', '4'] as const;

export type ShopVersion = (typeof shopVersions)[number];

const server = path.join(packageRoot, 'dist', 'examples', 'shop', 'server.js');

/** What a registry would say of the image: there is none here, so the digest is made from the command it stands for. */
export function imageDigest(version: ShopVersion): string {
  return `sha256:${createHash('sha256').update(`shop ${version}`).digest('hex')}`;
}

export function image(version: ShopVersion): string {
  return `registry.example/shop@${imageDigest(version)}`;
}

export function command(version: ShopVersion): readonly string[] {
  return [process.execPath, server, '--version', version];
}

/** Tells the simulator which process each image digest stands for, and the secret the tasks ask for. */
export async function registerImages(endpoint: string, secrets: Readonly<Record<string, string>>): Promise<void> {
  for (const version of shopVersions) {
    await put(endpoint, 'images', { digest: imageDigest(version), command: command(version), environment: {} });
  }
  await put(endpoint, 'secrets', secrets);
}

async function put(endpoint: string, what: string, body: object): Promise<void> {
  const response = await fetch(`${endpoint}/_simulator/${what}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`the simulator refused ${what}: ${response.status} ${await response.text()}`);
}
