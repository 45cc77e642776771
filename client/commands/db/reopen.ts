import { handLane } from '../../../domain/schema-change.js';
import { ClientError } from '../../client-error.js';
import { confirm } from '../../confirm.js';
import { requireDatabaseUrl } from '../../database-url.js';
import type { Report } from '../../reports.js';
import { runSchema } from '../../schema-run.js';
import { reopenedText } from '../../schema-text.js';
import type { ChangeOptions } from './change.js';
import type { LoadDatabaseWork } from './work.js';

/** Instead of contract, where the options ask for it: all that it needs is in the database. */
export function reopenInstead(options: ChangeOptions, load: LoadDatabaseWork): Promise<Report> | undefined {
  if (options.reopen === true) return reopen(options, load);
  if (options.lane === undefined) return undefined;
  throw new ClientError({
    exit: 'usage',
    message: 'expected --lane together with --reopen, found it alone',
    remedy: 'Say --reopen --lane production/shop to give back what a release has closed; contract takes no lane.',
  });
}

async function reopen(options: ChangeOptions, load: LoadDatabaseWork): Promise<Report> {
  const url = requireDatabaseUrl(options.url, process.env);
  const { standalone } = await load();
  const { lane = handLane } = options;
  await confirm(foretell(lane), options);
  const order = {
    url,
    lockTimeoutMs: options.lockTimeout,
    lockPatienceMs: options.patience * 1_000,
    closedBy: lane,
  };
  const document = await runSchema(options, (watched) => standalone.reopenOld(order, watched));
  return { exit: 'released', document, text: reopenedText(document) };
}

function foretell(lane: string): readonly string[] {
  const all = `Will give back all rights that ${lane} has taken away.`;
  return lane === handLane
    ? [all]
    : [all, 'A release of it that is on is not stopped by this: pause or abort it first.'];
}
