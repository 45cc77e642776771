/** The folders of a migration, in the order they are run. */
export const migrationPhases = ['expand', 'backfill', 'contract'] as const;

export type MigrationPhase = (typeof migrationPhases)[number];

/** One file of a phase folder: a script, or what Flyway keeps beside scripts. */
export interface MigrationFile {
  readonly phase: MigrationPhase;
  /** `V2.1__customer_names.sql`, or `U2.1__…` for the undo of the expand file of the same version. */
  readonly name: string;
  readonly sql: string;
  /** As it stands on disk, where `sql` is what placeholders have made of it. */
  readonly source?: string;
}

/** A file of operations: `03_add_email.yaml`, all phases of which are one. */
export interface OperationFile {
  readonly name: string;
  readonly text: string;
}

export interface MigrationName {
  readonly kind: 'versioned' | 'undo';
  /** `2.1` */
  readonly version: string;
  /** `customer names` */
  readonly description: string;
}

const pattern = /^(?<kind>[VU])(?<version>\d+(?:[._]\d+)*)__(?<description>[A-Za-z0-9_-]+)\.sql$/;

/** Reads Flyway's file name; `undefined` when it is none. */
export function parseMigrationName(name: string): MigrationName | undefined {
  const groups = pattern.exec(name)?.groups;
  if (groups?.kind === undefined || groups.version === undefined || groups.description === undefined) return undefined;
  return {
    kind: groups.kind === 'V' ? 'versioned' : 'undo',
    version: groups.version.replaceAll('_', '.'),
    description: groups.description.replaceAll('_', ' '),
  };
}

/** Compares dotted versions number by number: 2.10 comes after 2.9, and 2 equals 2.0. */
export function compareMigrationVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The files of one phase and kind in version order; files whose name is not Flyway's are left out. */
export function migrationsOf(
  files: readonly MigrationFile[],
  phase: MigrationPhase,
  kind: MigrationName['kind'],
): readonly (MigrationFile & MigrationName)[] {
  return files
    .filter((file) => file.phase === phase)
    .flatMap((file) => {
      const parsed = parseMigrationName(file.name);
      return parsed?.kind === kind ? [{ ...file, ...parsed }] : [];
    })
    .sort((a, b) => compareMigrationVersions(a.version, b.version));
}

/** The files of one change of a database: SQL in phase folders, or operations. */
export interface MigrationFiles {
  readonly migrations: readonly MigrationFile[];
  readonly operations?: readonly OperationFile[];
}

/** What a phase has brought into effect when it is done: versions of its files, or names of files of operations. */
export function versionsOf({ migrations, operations = [] }: MigrationFiles, phase: MigrationPhase): readonly string[] {
  const versions = migrationsOf(migrations, phase, 'versioned').map(({ version }) => version);
  const names = operations.map(({ name }) => name).toSorted(compareFileNames);
  return [...versions, ...names.map(operationFileStem)];
}

/** `V2.1 customer names, V2.2 …` or `03_add_email, …`; empty when there is nothing to do in the phase. */
export function describeMigrations(files: MigrationFiles, phase: MigrationPhase): string {
  const { migrations, operations = [] } = files;
  if (operations.length > 0) return versionsOf(files, phase).join(', ');
  return migrationsOf(migrations, phase, 'versioned')
    .map((file) => `V${file.version} ${file.description}`)
    .join(', ');
}

/** Whether the phase has anything to do: a file of operations has all phases. */
export function hasPhase({ migrations, operations = [] }: MigrationFiles, phase: MigrationPhase): boolean {
  return operations.length > 0 || migrations.some((file) => file.phase === phase);
}

const operationExtension = /\.(ya?ml|json)$/i;

export function isOperationFile(name: string): boolean {
  return operationExtension.test(name);
}

/** `03_add_email`: what the migration of a file is called, unless it says otherwise. */
export function operationFileStem(name: string): string {
  return name.replace(operationExtension, '');
}

/** Numbers in names by their value: `9_…` comes before `10_…`. */
export function compareFileNames(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = compareParts(left[i] ?? '', right[i] ?? '');
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function partsOf(name: string): readonly string[] {
  return name.match(/\d+|\D+/g) ?? [];
}

/** Digits without leading zeros: the longer number is the greater one, however long. */
function compareParts(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')];
  if (/^\d/.test(left) && /^\d/.test(right) && left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}
