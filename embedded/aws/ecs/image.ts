/** What an image stands for on this machine. */
export interface Image {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** The program and its arguments; a task definition's own `command` is added behind. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Where the program runs. Default: where the simulator runs. */
  readonly workingDirectory?: string;
}

/** The registry tasks pull from, and the store their secrets come from. */
export interface Registry {
  putImage(image: Image): void;
  /** By reference `name@sha256:...`; undefined when nothing is known by that digest. */
  findImage(reference: string): Image | undefined;
  putSecrets(secrets: Readonly<Record<string, string>>): void;
  findSecret(name: string): string | undefined;
}

export function createRegistry(): Registry {
  const images = new Map<string, Image>();
  const secrets = new Map<string, string>();
  return {
    putImage(image) {
      images.set(image.digest, image);
    },
    findImage: (reference) => images.get(reference.split('@')[1] ?? ''),
    putSecrets(given) {
      for (const [name, value] of Object.entries(given)) secrets.set(name, value);
    },
    findSecret: (name) => secrets.get(name),
  };
}
