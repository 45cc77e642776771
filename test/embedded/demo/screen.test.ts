import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { openScreen } from '../../../embedded/demo/screen.js';

function screenOn() {
  const stream = new PassThrough();
  const screen = openScreen(stream as unknown as NodeJS.WriteStream);
  return { screen, shown: () => String(stream.read() ?? '') };
}

it('shows how many requests each version answered', () => {
  const { screen, shown } = screenOn();
  screen.draw({
    title: 'version 1 is live',
    versions: { blue: '1', green: '2' },
    weights: { blue: 90, green: 10 },
    status: undefined,
    report: {
      at: '2026-01-01T10:00:00Z',
      seconds: 1,
      requests: 220,
      failed: 0,
      applicationErrors: 0,
      byVersion: { '1': { requests: 198, errors: 0 }, '2': { requests: 22, errors: 0 } },
      p50: 3,
      p99: 20,
      acknowledged: 7,
    },
    totals: { requests: 220, failed: 0, acknowledged: 7 },
    temporalUi: '',
  });
  expect(shown()).toContain('220 requests/s (v1 198, v2 22), p50 3 ms');
});

it('shows nothing any more once it is closed', () => {
  const { screen, shown } = screenOn();
  screen.say('before');
  expect(shown()).toContain('before');
  screen.close();
  screen.say('after');
  expect(shown()).toBe('');
});
