import type { Saturation } from '../aws/saturation.js';

/** Answers how it was since now; undefined when the simulator cannot be asked, which others notice. */
export async function fromNowOn(endpoint: string): Promise<() => Promise<Saturation | undefined>> {
  const begun = await read(endpoint);
  return async () => {
    const now = await read(endpoint);
    if (begun === undefined || now === undefined) return undefined;
    return {
      seconds: now.seconds - begun.seconds,
      saturatedSeconds: now.saturatedSeconds - begun.saturatedSeconds,
    };
  };
}

async function read(endpoint: string): Promise<Saturation | undefined> {
  try {
    const response = await fetch(`${endpoint}/_simulator/saturation`);
    return response.ok ? ((await response.json()) as Saturation) : undefined;
  } catch {
    return undefined;
  }
}
