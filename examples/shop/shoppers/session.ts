import { randomUUID } from 'node:crypto';
import type { AcknowledgedFile, LineBought } from './acknowledged.js';
import type { Connection, ShopRequest } from './connection.js';
import { type PersonName, randomName } from './names.js';
import { pick, type Random, sample } from './random.js';
import type { Tally } from './tally.js';
import type { Turns } from './turns.js';

export interface Shopper {
  readonly turns: Turns;
  readonly connection: Connection;
  readonly tally: Tally;
  readonly acknowledged: AcknowledgedFile;
  readonly random: Random;
  /** A customer the shop had before, whom no other session renames; undefined when none is left. */
  readonly oldCustomer: () => string | undefined;
}

/** One visit to the shop. A shopper who does not get an answer to his liking leaves. */
export async function goShopping(shopper: Shopper): Promise<void> {
  const { random } = shopper;
  const listing = await visit<{ products: readonly { id: string }[] }>(shopper, get('/products'));
  if (!listing) return;
  const wanted = sample(random, listing.body.products, itemCount(random));
  const first = pick(random, wanted);
  if (!(await visit(shopper, get(`/products/${first.id}`)))) return;

  if (random() < 0.012) await visit(shopper, get('/reports/bestsellers?delay=1500'));
  if (random() < 0.1) await renameOldCustomer(shopper);
  if (random() < 0.15) return;

  const customer = await buy(
    shopper,
    wanted.map(({ id }) => ({ productId: id, quantity: 1 + Math.floor(random() * 3) })),
  );
  if (customer && random() < 0.25) await rename(shopper, customer);
}

// Seven in ten buy one item; the rest is where a bug about second items shows.
function itemCount(random: Random): number {
  return random() < 0.7 ? 1 : 2 + Math.floor(random() * 3);
}

interface Customer {
  readonly id: string;
  readonly name: string;
}

async function buy(shopper: Shopper, lines: readonly LineBought[]): Promise<Customer | undefined> {
  const cart = await visit<{ id: string }>(shopper, post('/carts', {}));
  if (!cart) return undefined;
  for (const line of lines) {
    if (!(await visit(shopper, post(`/carts/${cart.body.id}/items`, line)))) return undefined;
  }
  if (shopper.random() < 0.1) return undefined;
  return await checkOut(shopper, cart.body.id, lines);
}

async function checkOut(shopper: Shopper, cartId: string, lines: readonly LineBought[]): Promise<Customer | undefined> {
  const checkoutId = randomUUID();
  const email = `shopper-${checkoutId}@example.com`;
  const name = randomName(shopper.random);
  const request = post('/checkouts', { checkoutId, cartId, email, ...name });
  const placed = await visit<{ customerId: string; totalCents: number }>(shopper, request);
  if (!placed) return undefined;
  const { customerId, totalCents } = placed.body;
  const { at, version } = placed;
  shopper.acknowledged.append({
    kind: 'checkout',
    at,
    version,
    checkoutId,
    customerId,
    email,
    ...name,
    lines,
    totalCents,
  });
  return { id: customerId, name: name.name };
}

async function renameOldCustomer(shopper: Shopper): Promise<void> {
  const id = shopper.oldCustomer();
  if (id === undefined) return;
  const account = await visit<{ name: string }>(shopper, get(`/accounts/${id}`));
  if (account) await rename(shopper, { id, name: account.body.name });
}

async function rename(shopper: Shopper, { id, name: before }: Customer): Promise<void> {
  const path = `/accounts/${id}`;
  const now = await visit<{ name: string }>(shopper, get(path));
  if (!now) return;
  if (now.body.name !== before) {
    shopper.tally.complain(`expected the name ${before}, found ${now.body.name}`, `GET ${path}`);
  }

  const name: PersonName = randomName(shopper.random);
  shopper.acknowledged.append({ kind: 'rename-asked', at: new Date().toISOString(), customerId: id, ...name });
  const renamed = await visit(shopper, { method: 'PUT', path, body: name });
  if (!renamed) return;
  const { at, version } = renamed;
  shopper.acknowledged.append({ kind: 'rename', at, version, customerId: id, ...name });
}

interface Visit<Body> {
  readonly at: string;
  readonly version: string;
  readonly body: Body;
}

/** Undefined when the answer was not 2xx. */
async function visit<Body>(
  { turns, connection, tally }: Shopper,
  request: ShopRequest,
): Promise<Visit<Body> | undefined> {
  await turns.next();
  const sent = performance.now();
  const answer = await connection(request);
  tally.record(request, answer, performance.now() - sent);
  if (answer.kind === 'unanswered' || answer.status < 200 || answer.status > 299) return undefined;
  return { at: new Date().toISOString(), version: answer.version ?? 'unknown', body: answer.body as Body };
}

function get(path: string): ShopRequest {
  return { method: 'GET', path };
}

function post(path: string, body: object): ShopRequest {
  return { method: 'POST', path, body };
}
