import { expect, it } from 'vitest';
import { demoHelp, readOptions } from '../../../embedded/demo/options.js';

it('has the defaults that its help tells', () => {
  const { keep, rate, customers, stateDir } = readOptions([]) as Exclude<ReturnType<typeof readOptions>, 'help'>;
  expect(keep).toBe(false);
  for (const value of [rate, customers, stateDir]) expect(demoHelp).toContain(`(default ${value})`);
});

it('takes every option that its help tells, and no other', () => {
  const told = [...demoHelp.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, option]) => option);
  expect(told).toEqual(['--rate', '--customers', '--keep', '--state-dir', '--help']);
  expect(readOptions(['--rate', '140', '--customers', '5', '--keep', '--state-dir', 'elsewhere'])).toEqual({
    rate: 140,
    customers: 5,
    keep: true,
    stateDir: 'elsewhere',
  });
  expect(readOptions(['--help'])).toBe('help');
  expect(() => readOptions(['--kep'])).toThrow('--kep');
});

it.each(['0', '-3', '1.5', 'many', ''])('refuses a rate of "%s"', (rate) => {
  expect(() => readOptions([`--rate=${rate}`])).toThrow(/expected a whole number above 0 after --rate, found /);
});
