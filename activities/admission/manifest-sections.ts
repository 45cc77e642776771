import { z } from 'zod';
import {
  brakeKinds,
  type BrakeLimit,
  type BrakeName,
  describeBrakeLimit,
  readBrakeLimit,
} from '../../domain/brake-limits.js';
import { migrationPhases } from '../../domain/migration.js';
import { defaultPaceText, paceForm, readPace } from '../../domain/tuning.js';
import { duration } from './manifest-duration.js';
import { comparing, name, ruleArn, section, text, whole } from './manifest-fields.js';
import { expected } from './manifest-problem.js';
import { headers, matchingHeaders } from './manifest-variables.js';

export const traffic = section(
  {
    ruleArn: ruleArn.describe('The production rule. sluice is the only owner of its weights.'),
    testRuleArn: ruleArn.describe('The rule that only the smoke test matches. It is pointed at the idle colour.'),
    settle: duration({ min: '0s', max: '10m' })
      .prefault('10s')
      .describe('How long a changed rule may take to reach all of the load balancer; no task is stopped before.'),
  },
  'ruleArn and testRuleArn',
).superRefine((rules, ctx) => {
  if (rules.ruleArn === undefined || rules.ruleArn !== rules.testRuleArn) return;
  const message = 'expected another rule than ruleArn: the test rule must not carry the traffic of shoppers';
  ctx.addIssue({ code: 'custom', path: ['testRuleArn'], message });
}, comparing);

export const smoke = section(
  {
    url: text(
      /^https?:\/\/[^\s/@?#]+(\/[^\s@?#]*)?$/,
      'the address of the load balancer (https://…, no user, no query)',
    ).describe('Where the load balancer answers.'),
    headers: matchingHeaders.describe('What makes the test rule match.'),
    expectHeaders: headers
      .prefault({})
      .describe('Headers each answer must carry; one that names the version proves who answered.'),
    paths: z
      .array(text(/^\/\S*$/, 'a path that begins with /'), expected('a list of paths'))
      .min(1, expected('at least one path to call'))
      .describe('Each must answer with 2xx before the new version gets any traffic.'),
  },
  'url, headers and paths',
);

function brakeLimit(name: BrakeName) {
  const { fallback, unit, meaning } = brakeKinds[name];
  const bounds = describeBrakeLimit(name);
  const form = expected(bounds);
  return z
    .string(form)
    .refine((text) => readBrakeLimit(name, text) !== undefined, form)
    .meta({ typeName: unit, bounds, default: fallback })
    .describe(meaning)
    .transform((text) => readBrakeLimit(name, text) as BrakeLimit)
    .optional();
}

const brakes = section(
  {
    replicaBytes: brakeLimit('replicaBytes'),
    replicaStall: brakeLimit('replicaStall'),
    archiveBytes: brakeLimit('archiveBytes'),
    slotBytes: brakeLimit('slotBytes'),
    vacuum: brakeLimit('vacuum'),
    deadRows: brakeLimit('deadRows'),
    standbyQueries: brakeLimit('standbyQueries'),
  },
  'limits such as replicaBytes',
);

const paceProblem = expected(paceForm);
const pace = z
  .string(paceProblem)
  .refine((text) => readPace(text) !== undefined, paceProblem)
  .meta({ typeName: 'share', bounds: paceForm, default: defaultPaceText })
  .transform((text) => readPace(text) as number)
  .optional();

export const database = section(
  {
    url: text(
      /^env:[A-Za-z_][A-Za-z0-9_]*$/,
      'env:NAME, the worker’s environment variable that holds the URL',
    ).describe('A reference, resolved by the worker. No secret stands in a manifest.'),
    applicationName: text(
      /^[\x21-\x7e]+\{version\}[\x21-\x7e]*$/,
      'the application_name of the sessions, with {version} in it and a text of the service before it (shop/{version})',
    ).describe('How the sessions of a version are told apart; at most 63 characters with the version in it.'),
    migrations: text(
      /^(?![/\\~]|[A-Za-z]:)[^\0]+$/,
      `a folder relative to the manifest, with ${migrationPhases.join(', ')}, or with files of operations`,
    ).describe('The SQL files of the release, or its files of operations. Relative to the file that names it.'),
    lockTimeout: duration({ min: '1ms', max: '999ms' })
      .prefault('500ms')
      .describe('Longest time a statement of a migration waits for a lock before it lets shoppers pass.'),
    brakes: brakes
      .optional()
      .describe('Above which limits a backfill waits before its next batch, until it is below again.'),
    pace: pace.describe(
      'The share of the time that a backfill works; the rest it pauses. `sluice tune` changes it while it runs.',
    ),
    jobs: whole(1, 16, 'the jobs')
      .optional()
      .describe(
        'How many parts of a table a backfill of operations works at at once, each in a session of its own. Absent: one. `sluice tune` changes it while it runs.',
      ),
    quietWindow: duration({ min: '1s', max: '1d' })
      .prefault('30s')
      .describe('How long no session of the old version may have been there before contract.'),
    contractApproval: z
      .enum(['automatic', 'required'], expected('automatic or required'))
      .prefault('required')
      .describe('Whether contract, the point of no return, waits for `sluice approve`.'),
    keepFor: duration({ min: '1s', max: '365d' })
      .optional()
      .describe(
        'How long contract keeps the columns and tables that operations would drop, under a name of sluice; `sluice db purge` drops them then. Refused for SQL files. Absent: they are dropped.',
      ),
    softContract: duration({ min: '1s', max: '30d' })
      .optional()
      .describe(
        'Before contract the rights to what goes are taken away for this long, so that who still uses it is refused and nothing is lost; going back gives them back. Absent: they are not.',
      ),
    oldestVersion: name('a version')
      .optional()
      .describe(
        'The oldest version that still works once contract has run; images of earlier ones are refused from then on. Absent: this one.',
      ),
  },
  'url, applicationName and migrations',
);
