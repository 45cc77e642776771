import { expect, it } from 'vitest';
import { look } from '../../../activities/inspection/look.js';
import { ReleaseError } from '../../../domain/failure.js';

/** What each look in turn ends with; the last stays. */
function ends(...answers: readonly (Error | string)[]) {
  let looks = 0;
  const read = () => {
    const answer = answers[Math.min(looks++, answers.length - 1)];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { read, looks: () => looks };
}

const lost = new ReleaseError('aws-unreachable', 'no answer from AWS: ECONNRESET');

it('does not take one lost answer for a broken service', async () => {
  const { read, looks } = ends(lost, 'there');
  expect(await look(read)).toEqual({ seen: 'there' });
  expect(looks()).toBe(2);
});

it('tells what it saw when no answer comes twice', async () => {
  const { read, looks } = ends(lost);
  expect(await look(read)).toEqual({ failure: { code: 'aws-unreachable', message: lost.message } });
  expect(looks()).toBe(2);
});

it('takes an answer of AWS for what it says, and throws a defect of ours', async () => {
  const refused = ends(new ReleaseError('aws-refused', 'no such rule'), 'there');
  expect(await look(refused.read)).toMatchObject({ failure: { code: 'aws-refused' } });
  expect(refused.looks()).toBe(1);
  await expect(look(ends(new TypeError('not a function')).read)).rejects.toThrow(TypeError);
});
