import pg from 'pg';
import type { Statement } from './statement.js';
import type { Tally, Version } from './tally.js';

/** A connection of the service, every statement of which is counted, timed and expected to work. */
export interface Session {
  /** `prepared`: by a name that stands for this text. Throws `StatementFailed` when it fails. */
  run(statement: Statement | string, options?: { readonly prepared?: boolean }): Promise<readonly Row[]>;
  /** It was answered, and not with what had been acknowledged. */
  misread(words: string): void;
  end(): Promise<void>;
}

export type Row = Readonly<Record<string, unknown>>;

/** It is in the tally already. */
export class StatementFailed extends Error {}

export interface SessionOrder {
  readonly url: string;
  /** Its application_name. */
  readonly name: string;
  readonly searchPath: string;
  /** As which it is counted now. */
  readonly version: () => Version;
}

export async function openSession({ url, name, searchPath, version }: SessionOrder, tally: Tally): Promise<Session> {
  const client = new pg.Client({ connectionString: url, application_name: name });
  let isEnding = false;
  client.on('error', ({ message }) => {
    if (!isEnding) tally.failed({ version: version(), statement: 'a connection', sqlstate: '', message });
  });
  await client.connect();
  await client.query(`set search_path to ${searchPath}`);
  const prepared = new Map<string, string>();
  const nameOf = (text: string) => {
    const known = prepared.get(text) ?? `soak_${prepared.size}`;
    prepared.set(text, known);
    return known;
  };
  return {
    async run(statement, options = {}) {
      const { text, values } = typeof statement === 'string' ? { text: statement, values: [] } : statement;
      const called = options.prepared === true ? { name: nameOf(text) } : {};
      const done = tally.begin(version(), text);
      try {
        const { rows } = await client.query<Record<string, unknown>>({ ...called, text, values: [...values] });
        return rows;
      } catch (error) {
        const { code = '', message } = error as pg.DatabaseError;
        tally.failed({ version: version(), statement: text, sqlstate: code, message });
        throw new StatementFailed(message);
      } finally {
        done();
      }
    },
    misread: (words) => tally.misread(words),
    async end() {
      isEnding = true;
      await client.end();
    },
  };
}
