import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { PersonName } from './names.js';

export interface LineBought {
  readonly productId: string;
  readonly quantity: number;
}

/** What the shop has promised, and what the audit therefore demands: a line of JSON each. */
export type Acknowledgement =
  | (PersonName & {
      readonly kind: 'checkout';
      readonly at: string;
      /** Of the shop that answered. */
      readonly version: string;
      readonly checkoutId: string;
      readonly customerId: string;
      readonly email: string;
      readonly lines: readonly LineBought[];
      readonly totalCents: number;
    })
  | (PersonName & {
      readonly kind: 'rename';
      readonly at: string;
      readonly version: string;
      readonly customerId: string;
    })
  /** Written before it is sent: until it is acknowledged it may have happened or not, and both names are right. */
  | (PersonName & { readonly kind: 'rename-asked'; readonly at: string; readonly customerId: string });

export interface AcknowledgedFile {
  readonly checkouts: number;
  append(acknowledgement: Acknowledgement): void;
  close(): void;
}

/**
 * Appends to what is there, so that shoppers who were restarted lose nothing. Synchronous: an audit of the open shop
 * must find in the file what the database may hold already.
 */
export function openAcknowledgedFile(path: string): AcknowledgedFile {
  const file = openSync(path, 'a');
  let checkouts = 0;
  return {
    get checkouts() {
      return checkouts;
    },
    append(acknowledgement) {
      if (acknowledgement.kind === 'checkout') checkouts += 1;
      writeSync(file, `${JSON.stringify(acknowledgement)}\n`);
    },
    close() {
      closeSync(file);
    },
  };
}

export async function readAcknowledgedFile(path: string): Promise<readonly Acknowledgement[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  // Empty after a whole line; what a killed writer left half written was acknowledged a moment before, and is lost to us.
  lines.pop();
  return lines.map((line) => JSON.parse(line) as Acknowledgement);
}
