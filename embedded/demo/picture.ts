import type { Weights } from '../../domain/traffic.js';
import type { Stack } from '../stack.js';
import { type Moment, sum, toMoment } from './evidence.js';
import type { ReleaseWatch } from './release-watch.js';
import type { Screen } from './screen.js';
import type { Shoppers } from './shoppers.js';

/** Draws what is going on, and keeps one moment a second for the report. */
export function paint(parts: { readonly stack: Stack; readonly shoppers: Shoppers; readonly screen: Screen }) {
  const { stack, shoppers } = parts;
  const versions = { blue: '1', green: '–' };
  const timeline: Moment[] = [];
  let title = 'version 1 is live';
  let watch: ReleaseWatch | undefined;
  let weights: Weights = { blue: 100, green: 0 };
  const timer = setInterval(draw, 200);

  function remember(): void {
    weights = watch?.status()?.weights ?? weights;
    while (timeline.length < shoppers.reports.length) {
      const report = shoppers.reports[timeline.length];
      if (report !== undefined) timeline.push(toMoment(report, weights));
    }
  }

  function draw(): void {
    remember();
    parts.screen.draw({
      title,
      versions,
      weights,
      status: watch?.status(),
      report: shoppers.reports.at(-1),
      totals: {
        requests: sum(timeline, (moment) => moment.requests),
        failed: sum(timeline, (moment) => moment.failed),
        acknowledged: shoppers.reports.at(-1)?.acknowledged ?? 0,
      },
      temporalUi: stack.temporal.uiUrl ?? '',
    });
  }

  return {
    timeline,
    chapter(nextTitle: string, next: ReleaseWatch, version: string): void {
      versions[weights.blue === 0 ? 'blue' : 'green'] = version;
      title = nextTitle;
      watch = next;
    },
    stop(): void {
      clearInterval(timer);
      remember();
    },
  };
}
