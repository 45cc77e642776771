import { describe, expect, it } from 'vitest';
import { resolveActor } from '../../client/actor.js';

describe('who acts', () => {
  const ci = { GITHUB_ACTOR: 'bob', SLUICE_ACTOR: 'ann' };

  it('is who was named, then SLUICE_ACTOR, then what the CI system says', () => {
    expect(resolveActor('eve', ci)).toBe('eve');
    expect(resolveActor(undefined, ci)).toBe('ann');
    expect(resolveActor(' ', { GITHUB_ACTOR: 'bob', SLUICE_ACTOR: '' })).toBe('github:bob');
    expect(resolveActor(undefined, { GITLAB_USER_LOGIN: 'cat' })).toBe('gitlab:cat');
  });

  it('is otherwise the user of this machine', () => {
    expect(resolveActor(undefined, {})).toMatch(/^[^@]+@.+$/);
  });
});
