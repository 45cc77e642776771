/** What differs from release to release of the sample shop, and from stack to stack. */
export interface ShopRelease {
  /** Where editors find the JSON schema: a path relative to where the manifest is written, or a URL. */
  readonly schema: string;
  readonly version: string;
  /** What the shop of the image calls itself; default the version. */
  readonly runs?: string;
  /** `registry.example/shop@sha256:…` */
  readonly image: string;
  /** Default `demo`. */
  readonly environment?: string;
  /** Default: the worker's own region and credentials. */
  readonly aws?: { readonly region: string; readonly roleArn: string; readonly externalId: string };
  readonly cluster: string;
  readonly desiredCount: number;
  readonly blue: ShopColour;
  readonly green: ShopColour;
  readonly ruleArn: string;
  readonly testRuleArn: string;
  /** `http://127.0.0.1:8080` */
  readonly listenerUrl: string;
  /** What the test rule matches on. */
  readonly testHeader: { readonly name: string; readonly value: string };
  readonly canary: {
    readonly steps: readonly { readonly weight: number; readonly bake: string }[];
    /** The grain of the load balancer's metrics, `1s`. */
    readonly period: string;
    /** Requests each colour needs in a window. */
    readonly minRequests: number;
    /** How much longer than twice the baseline's its slow requests may take; default `1s`. */
    readonly p99Margin?: string;
  };
  readonly warmWindow: string;
  /** For a release that changes the schema. */
  readonly database?: {
    /** The folder with expand/, backfill/ and contract/, relative to where the manifest is written. */
    readonly migrations: string;
    readonly quietWindow: string;
    readonly contractApproval: 'automatic' | 'required';
    readonly softContract?: string;
  };
}

export interface ShopColour {
  readonly service: string;
  readonly targetGroupArn: string;
}

/** The manifest of a release of the sample shop, as a person would write it. */
export function manifestFor(release: ShopRelease): string {
  const { blue, green, canary, testHeader, database } = release;
  return `# yaml-language-server: $schema=${release.schema}
# A release of the sample shop: what shall run, where, and how carefully it gets its traffic.
apiVersion: sluice/v1
kind: Release
environment: ${text(release.environment ?? 'demo')}
service: shop
version: ${text(release.version)}
# By digest: what was tested is what runs.
image: ${text(release.image)}
${release.aws === undefined ? '' : awsSection(release.aws)}
workload:
  cluster: ${text(release.cluster)}
  desiredCount: ${release.desiredCount}
  # One of them is live; the release goes to the other.
  blue:
    service: ${text(blue.service)}
    targetGroupArn: ${text(blue.targetGroupArn)}
  green:
    service: ${text(green.service)}
    targetGroupArn: ${text(green.targetGroupArn)}
  container:
    name: shop
    port: 8080
    cpu: 256
    memory: 512
    # References only: the value never passes through sluice.
    secrets:
      DATABASE_URL: shop-database-url
    subnets: [subnet-a, subnet-b]
    securityGroups: [sg-shop]
    stopTimeout: 30s
  rolloutTimeout: 2m

traffic:
  ruleArn: ${text(release.ruleArn)}
  testRuleArn: ${text(release.testRuleArn)}
  # How long a changed rule may take to reach all of the load balancer; here it is one process.
  settle: 1s

# Asked through the test rule, while shoppers are still all on the other colour.
smoke:
  url: ${text(release.listenerUrl)}
  headers:
    ${text(testHeader.name)}: ${text(testHeader.value)}
  paths:
    - /health
    - /products
  # Proves that it was this version that answered.
  expectHeaders:
    x-shop-version: ${text(release.runs ?? release.version)}

canary:
  # Per cent of the traffic, and how long it is looked at before the next step.
  steps:
${canary.steps.map(({ weight, bake }) => `    - { weight: ${weight}, bake: ${bake} }`).join('\n')}
  period: ${canary.period}
  # CloudWatch publishes a period minutes later; the simulator at once.
  metricsLag: 0s
  judge:
    minRequests: ${canary.minRequests}
    errorRatioMargin: 0.01
    minErrors: 4
    # Some of the shoppers' requests are slow on purpose, and a short bake has few of them: hence the wide margin.
    p99Factor: 2
    p99Margin: ${canary.p99Margin ?? '1s'}

# How long the old colour stays at full size after that, one weight change away.
warmWindow: ${release.warmWindow}
${database === undefined ? '' : databaseSection(database)}`;
}

function awsSection({ region, roleArn, externalId }: NonNullable<ShopRelease['aws']>): string {
  return `
# Where the services are, and the role that may change them.
aws:
  region: ${text(region)}
  roleArn: ${text(roleArn)}
  externalId: ${text(externalId)}
`;
}

function databaseSection(database: NonNullable<ShopRelease['database']>): string {
  const { migrations, quietWindow, contractApproval, softContract } = database;
  return `
database:
  # The worker's environment variable that holds the URL.
  url: env:SHOP_DATABASE_URL
  applicationName: shop/{version}
  migrations: ${text(migrations)}
  quietWindow: ${quietWindow}
  contractApproval: ${contractApproval}
${softContract === undefined ? '' : `  softContract: ${softContract}\n`}`;
}

/** Bare where YAML reads it as the same text, quoted otherwise. */
function text(value: string): string {
  const bare = /^[A-Za-z][\w./@-]*(:[\w./@-]+)*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value);
  return bare ? value : JSON.stringify(value);
}
