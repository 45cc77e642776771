import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDeck } from '../../../../embedded/aws/elb/weighted-deck.js';

test('gives every value exactly its share in each full run', () => {
  const weights = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(weights, fc.integer({ min: 1, max: 4 }), (given, runs) => {
      const draw = createDeck(given.map((weight, value) => ({ value, weight })));
      const total = given.reduce((sum, weight) => sum + weight, 0);
      const drawn = Array.from({ length: total * runs }, draw);
      given.forEach((weight, value) => {
        expect(drawn.filter((one) => one === value)).toHaveLength(weight * runs);
      });
    }),
  );
});

test('draws nothing when every weight is 0', () => {
  expect(createDeck([{ value: 'blue', weight: 0 }])()).toBeUndefined();
});

test('does not fall in step with clients that alternate', () => {
  const draw = createDeck([
    { value: 'blue', weight: 1 },
    { value: 'green', weight: 1 },
  ]);
  const drawn = Array.from({ length: 1_000 }, draw);
  const blueAtEvenPlaces = drawn.filter((value, at) => at % 2 === 0 && value === 'blue').length;
  expect(blueAtEvenPlaces).toBeGreaterThan(150);
  expect(blueAtEvenPlaces).toBeLessThan(350);
});
