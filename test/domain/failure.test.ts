import { describe, expect, it } from 'vitest';
import {
  ReleaseError,
  failureCodes,
  failures,
  finalFailureCodes,
  isFailureCode,
  isReleaseError,
  parkedRemedy,
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

it('does not take names of every object for codes', () => {
  expect(isFailureCode('toString')).toBe(false);
  expect(isFailureCode(undefined)).toBe(false);
});

it('knows its own errors, also when they crossed a module boundary', () => {
  expect(isReleaseError(new ReleaseError('fenced', 'too late'))).toBe(true);
  expect(isReleaseError(new Error('fenced'))).toBe(false);
});

describe('what to do about a failure that a release is parked on', () => {
  it('never is to wait: nothing is tried by itself any more', () => {
    for (const code of failureCodes)
      expect(parkedRemedy(code, ['retry']), code).not.toMatch(/^Nothing while|by itself when/);
    expect(parkedRemedy('aws-unreachable', ['retry', 'skip'])).toMatch(/mend the cause, then retry/);
  });

  it('is no new version where it would wait behind this one', () => {
    expect(parkedRemedy('migration-failed', ['retry', 'skip'])).toMatch(/^Mend it by hand/);
    expect(parkedRemedy('migration-failed', ['retry', 'abort'])).toBe(failures['migration-failed'].remedy);
  });
});
