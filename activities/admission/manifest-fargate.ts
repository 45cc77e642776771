/** CPU units → the memory in MiB that Fargate runs beside them: from, to, in steps of; and what stands outside the steps. */
const sizes: Readonly<Record<number, { from: number; to: number; step: number; also?: number }>> = {
  256: { from: 1_024, to: 2_048, step: 1_024, also: 512 },
  512: { from: 1_024, to: 4_096, step: 1_024 },
  1024: { from: 2_048, to: 8_192, step: 1_024 },
  2048: { from: 4_096, to: 16_384, step: 1_024 },
  4096: { from: 8_192, to: 30_720, step: 1_024 },
  8192: { from: 16_384, to: 61_440, step: 4_096 },
  16384: { from: 32_768, to: 122_880, step: 8_192 },
};

/** What Fargate has against a pair; `undefined` when nothing, or when one of them is no whole number. */
export function refuseSize(cpu: unknown, memory: unknown): { field: 'cpu' | 'memory'; message: string } | undefined {
  if (!isWhole(cpu) || !isWhole(memory)) return undefined;
  const known = sizes[Number(cpu)];
  if (known === undefined) {
    return { field: 'cpu', message: `expected ${Object.keys(sizes).join(', ')} as Fargate knows them, found ${cpu}` };
  }
  const { from, to, step, also } = known;
  const asked = Number(memory);
  if (asked === also || (asked >= from && asked <= to && asked % step === 0)) return undefined;
  const range = `${also === undefined ? '' : `${also} or `}${from} to ${to} in steps of ${step}`;
  return { field: 'memory', message: `expected ${range} MiB beside ${cpu} CPU units, found ${memory}` };
}

function isWhole(value: unknown): value is number | string {
  return (typeof value === 'number' || typeof value === 'string') && /^[1-9]\d{0,8}$/.test(String(value));
}
