import type { CrashPoint } from '../domain/effect.js';

/** Called at each named point of an effect; does nothing outside crash tests. */
export type CrashAt = (effect: string, point: CrashPoint) => void;

export const neverCrash: CrashAt = () => undefined;

/** Dies by SIGKILL at `<effect>:<point>`, such as `shift/5:after-act`: no handler runs, as when the machine is lost. */
export function crashAt(place: string): CrashAt {
  return (effect, point) => {
    if (`${effect}:${point}` === place) process.kill(process.pid, 'SIGKILL');
  };
}
