import { createHash } from 'node:crypto';

/** Names for what is in the database from expand to contract alone. */
export interface OwnNames {
  /** A column, constraint or index that stands in for `name` for a while: the same for the same, and no other's. */
  standIn(name: string, purpose?: string): string;
  /** The column that says whether a row is filled: null until it is. */
  readonly marker: string;
}

/** `order` is the migration's place in the history: two that are open at a time must not share names. */
export function ownNames(order: number): OwnNames {
  return {
    standIn: (name, purpose = 'new') => fitName(`_sluice_${order}_${purpose}_${name}`),
    marker: `_sluice_${order}_filled`,
  };
}

/** The server cuts after 63 bytes without a word; here what is cut keeps a hash of the whole, and stays unique. */
export function fitName(name: string): string {
  const bytes = Buffer.from(name);
  if (bytes.length <= nameBytes) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${wholeCharacters(bytes.subarray(0, nameBytes - 9))}_${hash}`;
}

const nameBytes = 63;

function wholeCharacters(bytes: Buffer): string {
  return new TextDecoder().decode(bytes, { stream: true });
}

/** Without the driver, because the command line reads operations too. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function literal(text: string): string {
  const inside = text.replaceAll("'", "''");
  return inside.includes('\\') ? `E'${inside.replaceAll('\\', '\\\\')}'` : `'${inside}'`;
}

/** `"shop"."customers"` */
export function qualified(...path: readonly string[]): string {
  return path.map((name) => quoted(name)).join('.');
}
