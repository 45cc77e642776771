import pg from 'pg';
import { type LineBought, readAcknowledgedFile } from './acknowledged.js';
import { type CustomerFound, findCustomers, findOrders, type OrderFound } from './findings.js';
import { type CheckoutPromise, type Promises, promisesOf } from './promises.js';
import { judgeName } from './name-judgement.js';
import { type Representations, representationsOf } from './representations.js';

export interface AuditOptions {
  readonly databaseUrl: string;
  readonly acknowledgedFile: string;
  /**
   * Whether the place where version 2 splits a name has to be kept; only its text otherwise. Default true. An expand
   * that was undone has lost it, and that is no loss of a write.
   */
  readonly splitsKept?: boolean;
}

export interface AuditResult {
  readonly checkoutsAcknowledged: number;
  readonly checkoutsLost: number;
  /** Found more than once. */
  readonly checkoutsDuplicated: number;
  /** Found once, with other lines, another total, email or name. */
  readonly checkoutsChanged: number;
  readonly renamesAcknowledged: number;
  /** Customers who do not have the name of their last rename. */
  readonly renamesLost: number;
  /** Where this database keeps a customer's name: each was compared. */
  readonly representations: readonly string[];
  /** Customers whose new columns are empty while the old one is still there: the backfill has not come to them. */
  readonly notYetFilled: number;
  /** The first 20 findings, in words. */
  readonly examples: readonly string[];
}

/** Proves that the database holds each acknowledged checkout exactly once and unchanged, and each rename. */
export async function audit(options: AuditOptions): Promise<AuditResult> {
  const promises = promisesOf(await readAcknowledgedFile(options.acknowledgedFile));
  const { representations, orders, customers } = await look(options.databaseUrl, promises);
  const names = [...promises.names].map(([id, right]) => ({
    id,
    ...judgeName({ right, found: customers.get(id), representations, splitsKept: options.splitsKept ?? true }),
  }));
  const wrongName = new Map(
    names.flatMap(({ id, wrong }) => (wrong ? [[id, `customer ${id} ${wrong}`] as const] : [])),
  );

  const lost: string[] = [];
  const duplicated: string[] = [];
  const changed: string[] = [];
  for (const checkout of promises.checkouts) {
    const [order, second] = orders.get(checkout.checkoutId) ?? [];
    const name = promises.renamed.has(checkout.customerId) ? undefined : wrongName.get(checkout.customerId);
    const change = order && (changeOf(checkout, order) ?? name);
    if (!order) lost.push(`checkout ${checkout.checkoutId} is not in the database`);
    else if (second) duplicated.push(`checkout ${checkout.checkoutId} is in the database more than once`);
    else if (change) changed.push(`checkout ${checkout.checkoutId}: ${change}`);
  }
  const renamesLost = [...wrongName].flatMap(([id, wrong]) => (promises.renamed.has(id) ? [wrong] : []));

  return {
    checkoutsAcknowledged: promises.checkouts.length,
    checkoutsLost: lost.length,
    checkoutsDuplicated: duplicated.length,
    checkoutsChanged: changed.length,
    renamesAcknowledged: promises.renames,
    renamesLost: renamesLost.length,
    representations: [representations.full, representations.split].filter((name) => name !== undefined),
    notYetFilled: names.filter(({ filled }) => !filled).length,
    examples: [...lost, ...duplicated, ...changed, ...renamesLost].slice(0, 20),
  };
}

interface Found {
  readonly representations: Representations;
  /** By checkout id. */
  readonly orders: ReadonlyMap<string, readonly OrderFound[]>;
  readonly customers: ReadonlyMap<string, CustomerFound>;
}

async function look(connectionString: string, { checkouts, names }: Promises): Promise<Found> {
  const client = new pg.Client({ connectionString, application_name: 'shoppers/audit' });
  try {
    await client.connect();
    // All questions are put to one moment: the shop may be open.
    await client.query('begin isolation level repeatable read read only');
    const representations = await representationsOf(client);
    const checkoutIds = checkouts.map(({ checkoutId }) => checkoutId);
    const orders = new Map<string, OrderFound[]>();
    for (const order of await findOrders(client, checkoutIds)) {
      orders.set(order.checkoutId, [...(orders.get(order.checkoutId) ?? []), order]);
    }
    const customers = await findCustomers(client, representations, [...names.keys()]);
    return { representations, orders, customers: new Map(customers.map((customer) => [customer.id, customer])) };
  } finally {
    await client.end();
  }
}

function changeOf(promised: CheckoutPromise, found: OrderFound): string | undefined {
  const differences = (['customerId', 'email', 'totalCents'] as const).flatMap((field) =>
    promised[field] === found[field] ? [] : [`${field} is ${found[field]} and was ${promised[field]}`],
  );
  const [was, is] = [promised.lines, found.lines].map(textOf);
  if (was !== is) differences.push(`lines are ${is} and were ${was}`);
  return differences[0];
}

function textOf(lines: readonly LineBought[]): string {
  return lines
    .map(({ productId, quantity }) => `${quantity} of ${productId}`)
    .sort()
    .join(', ');
}
