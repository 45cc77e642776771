import type { ClientBase } from 'pg';

/** Anything that runs SQL: the pool, or a client of it inside a transaction. */
export type Database = Pick<ClientBase, 'query'>;

/** `name` is what every version understands; who knows better says where the first name ends, too. */
export interface NameInput {
  readonly name: string;
  readonly firstName?: string;
  readonly lastName?: string;
}

export interface Account {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly firstName?: string;
  readonly lastName?: string;
}

export interface Line {
  readonly productId: string;
  readonly quantity: number;
  readonly unitPriceCents: number;
}

/** All in which the versions of the shop differ. */
export interface Version {
  readonly number: string;
  /** Adds the customer, or finds the one who has the email already, and answers with the id. */
  addCustomer(database: Database, email: string, name: NameInput): Promise<string>;
  findAccount(database: Database, id: string): Promise<Account | undefined>;
  renameAccount(database: Database, id: string, name: NameInput): Promise<Account | undefined>;
  totalCents(lines: readonly Line[]): number;
}
