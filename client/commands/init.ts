import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { aws } from '../../activities/admission/manifest-aws.js';
import type { LiveServiceQuestion } from '../../domain/live-service.js';
import type { AwsRequest } from '../../domain/release-request.js';
import { ask } from '../ask.js';
import { ClientError } from '../client-error.js';
import { withTemporal } from '../connection.js';
import { exampleService } from '../example-service.js';
import { examples } from '../examples.js';
import { schemaLine } from '../editor-schema.js';
import { draftManifest } from '../manifest-draft.js';
import { openPoints } from '../open-points.js';
import type { InitReport, Report } from '../reports.js';
import { type GlobalOptions, run } from '../run.js';

interface InitOptions extends GlobalOptions {
  readonly cluster?: string;
  readonly service?: string;
  readonly rule?: string;
  readonly region?: string;
  readonly roleArn?: string;
  readonly externalId?: string;
  readonly force?: boolean;
}

export function registerInit(program: Command): void {
  program
    .command('init')
    .summary('write a manifest of the service that runs now, or the example')
    .description(
      'write a manifest: of the service that runs now, read by a worker, with --cluster, --service and --rule; the example without them',
    )
    .argument('[file]', 'where it is written', 'sluice.yaml')
    .option('--cluster <name>', 'the ECS cluster')
    .option('--service <name>', 'the ECS service that has all traffic')
    .option('--rule <arn>', 'the load balancer rule that sends it its traffic')
    .option('--region <region>', 'the region it is in, when it is not the worker’s')
    .option('--role-arn <arn>', 'the role that the worker takes on for it, when it has one of its own')
    .option('--external-id <id>', 'what the role’s trust policy asks for beside the worker')
    .option('--force', 'overwrite the file')
    .addHelpText(
      'after',
      examples(
        'sluice init',
        'sluice init shop.yaml --cluster shop --service shop-blue --rule arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener-rule/app/shop/1/2/3',
      ),
    )
    .action((file: string, _options: InitOptions, command: Command) => {
      const options = command.optsWithGlobals<InitOptions>();
      return run(options, () => writeManifest(file, options));
    });
}

async function writeManifest(file: string, options: InitOptions): Promise<Report<InitReport>> {
  const draft = `${schemaLine(file)}${await draftFor(options)}`;
  await write(file, draft, options.force === true);
  const open = openPoints(draft);
  const rest =
    open.length === 0 ? '' : `, and marks ${open.length === 1 ? 'one thing' : `${open.length} things`} with CHANGE:`;
  const next = `next:\n  sluice validate -f ${file}`;
  return {
    exit: 'released',
    document: { file, open },
    text: [`${file} is written${rest}`, ...open.map((point) => `  ${point}`), next].join('\n'),
  };
}

async function draftFor(options: InitOptions): Promise<string> {
  const asked = askedFor(options);
  if (asked === undefined)
    return draftManifest(exampleService, 'An example, written by `sluice init`: nothing of it exists.');
  const live = await withTemporal((temporal) =>
    ask(temporal, { question: 'liveService', about: `${asked.cluster}/${asked.service}`, asked }),
  );
  return draftManifest(
    live,
    `Written by \`sluice init\` from service ${asked.service} in cluster ${asked.cluster}.`,
    asked.aws,
  );
}

/** The three names, or none of them; where to look and as whom only beside them. */
function askedFor(given: InitOptions): LiveServiceQuestion | undefined {
  const { cluster, service, rule } = given;
  const where = awsOf(given);
  if (cluster !== undefined && service !== undefined && rule !== undefined) {
    return { cluster, service, ruleArn: rule, ...(where === undefined ? {} : { aws: where }) };
  }
  const missing = (['cluster', 'service', 'rule'] as const).filter((name) => given[name] === undefined);
  if (missing.length === 3 && where === undefined) return undefined;
  throw new ClientError({
    exit: 'usage',
    message: `expected --cluster, --service and --rule together, found no --${missing.join(' and no --')}`,
    remedy: 'Give all three, or none of them for the example.',
  });
}

/** Held to what the manifest takes in its section `aws`. */
function awsOf({ region, roleArn, externalId }: InitOptions): AwsRequest | undefined {
  const given = { region, roleArn, externalId };
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as AwsRequest;
  if (Object.keys(named).length === 0) return undefined;
  const { error } = aws.safeParse(named);
  if (error === undefined) return named;
  const options: Readonly<Record<string, string>> = {
    region: '--region',
    roleArn: '--role-arn',
    externalId: '--external-id',
  };
  throw new ClientError({
    exit: 'usage',
    message: error.issues.map(({ path, message }) => `${options[String(path[0])]}: ${message}`).join('; '),
    remedy: 'Give what stands in the section aws of a manifest.',
  });
}

async function write(file: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new ClientError({
        exit: 'refused',
        message: `expected no file ${file}, found one; it was left as it is`,
        remedy: 'Name another file, or overwrite it with --force.',
      });
    }
    throw new ClientError({
      exit: 'usage',
      message: `could not write ${file}: ${message}`,
      remedy: 'Name a file that can be written.',
    });
  }
}
