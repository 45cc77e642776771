import { expect, it } from 'vitest';
import {
  ReleaseError,
  failureCodes,
  failures,
  finalFailureCodes,
  isFailureCode,
  isReleaseError,
} from '../../domain/failure.js';

it('tells every failure who acts and what they do', () => {
  for (const code of failureCodes) {
    expect(failures[code].remedy, code).toMatch(/^[A-Z].*\.$/);
    expect(isFailureCode(code)).toBe(true);
  }
});

it('asks nobody to act on what is retried by itself, and somebody on what is not, but for the ends that are wanted', () => {
  for (const code of finalFailureCodes) expect(failures[code].actor, code).not.toBe('platform');
});

it('names no one part of a release to whoever is refused for any of them', () => {
  expect(failures['plan-refused'].remedy).not.toMatch(/rule|group|service|image|database/);
});

it('does not take names of every object for codes', () => {
  expect(isFailureCode('toString')).toBe(false);
  expect(isFailureCode(undefined)).toBe(false);
});

it('knows its own errors, also when they crossed a module boundary', () => {
  expect(isReleaseError(new ReleaseError('fenced', 'too late'))).toBe(true);
  expect(isReleaseError(new Error('fenced'))).toBe(false);
});
