import type { Moment } from './evidence.js';
import type { DemoReport, ReleaseReport } from './report.js';

const width = 1100;
const colours: Readonly<Record<string, string>> = { '1': '#6b7280', '2': '#2563eb', '3': '#dc2626', '4': '#059669' };

/** One page without scripts or outside files, so that it can be mailed and kept. */
export function renderHtml(report: DemoReport): string {
  const { timeline, releases, promises } = report;
  const kept = promises.every((promise) => promise.kept);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>sluice demo: three releases under load</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; color: #111827; max-width: ${width}px; margin: 2rem auto; padding: 0 1rem }
  h1 { margin-bottom: 0 } h2 { margin: 2rem 0 .5rem } .sub { color: #6b7280; margin-top: .2rem }
  table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #e5e7eb; vertical-align: top }
  .kept { color: #059669; font-weight: 600 } .broken { color: #dc2626; font-weight: 700 }
  .big { display: flex; gap: 2.5rem; flex-wrap: wrap; margin: 1.2rem 0 } .big b { display: block; font-size: 1.8rem; line-height: 1.2 }
  svg { width: 100%; height: auto; display: block } svg text { font: 11px system-ui, sans-serif; fill: #6b7280 }
  .num { text-align: right; font-variant-numeric: tabular-nums } details { margin: .3rem 0 } summary { cursor: pointer }
  .key i { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 1em }
</style></head><body>
<h1>Three releases, ${report.requests.toLocaleString('en')} requests, ${report.failedRequests} failed</h1>
<p class="sub">${escape(report.startedAt)} · ${report.seconds.toFixed(0)} s · ${escape(report.machine)} · ${kept ? '<span class="kept">every promise held</span>' : '<span class="broken">a promise was broken</span>'}</p>
<div class="big">
  <div><b>${report.checkoutsAcknowledged.toLocaleString('en')}</b>checkouts acknowledged</div>
  <div><b>${report.checkoutsLost}</b>lost</div><div><b>${report.checkoutsDuplicated}</b>twice</div>
  <div><b>${report.workerKills}</b>worker killed</div>
  <div><b>${rollback(releases)}</b>verdict to old version at 100 %</div>
</div>
<h2>Requests per second, by version</h2>
<p class="key">${Object.entries(colours)
    .map(([version, colour]) => `<i style="background:${colour}"></i>version ${version}`)
    .join('')}</p>
${stackedChart(timeline, releases)}
<h2>Share of green in the rule, per cent</h2>
${lineChart(timeline, releases, { pick: (moment) => moment.weights.green, colour: '#059669', most: 100, step: true })}
<h2>p99 of all requests, ms</h2>
${lineChart(timeline, releases, { pick: (moment) => moment.p99, colour: '#7c3aed' })}
<h2>Failed requests per second (and version 3's own errors, in red)</h2>
${lineChart(timeline, releases, { pick: (moment) => moment.failed, colour: '#111827', second: { pick: (moment) => moment.applicationErrors, colour: '#dc2626' } })}
<h2>Promises</h2>
<table>${promises.map(({ promise, kept: held, found }) => `<tr><td class="${held ? 'kept' : 'broken'}">${held ? 'kept' : 'BROKEN'}</td><td>${escape(promise)}</td><td>${escape(found)}</td></tr>`).join('')}</table>
<h2>Releases</h2>
${releases.map(renderRelease).join('\n')}
${report.failures.length === 0 ? '' : `<h2>Failures</h2><table>${report.failures.map((failure) => `<tr><td>${escape(failure.at)}</td><td>${escape(failure.request)}</td><td>${escape(failure.reason)}</td></tr>`).join('')}</table>`}
</body></html>
`;
}

function rollback(releases: readonly ReleaseReport[]): string {
  const back = releases.find(({ rollbackSeconds }) => rollbackSeconds !== null)?.rollbackSeconds;
  return back === undefined || back === null ? '–' : `${back.toFixed(2)} s`;
}

function renderRelease(release: ReleaseReport): string {
  const rows = release.steps
    .map(
      ({ name, seconds, note }) =>
        `<tr><td>${escape(name)}</td><td class="num">${seconds.toFixed(2)}</td><td>${escape(note)}</td></tr>`,
    )
    .join('');
  const decisions = release.decisions
    .map(
      ({ at, actor, text }) =>
        `<li>${new Date(at).toISOString().slice(11, 19)} <b>${escape(actor)}</b> ${escape(text)}</li>`,
    )
    .join('');
  return `<details open><summary><b>version ${release.version}: ${release.outcome}</b>, ${release.seconds.toFixed(1)} s${release.reason === null ? '' : ` — ${escape(release.reason)}`}</summary>
<table><tr><th>step</th><th class="num">seconds</th><th>what was found or done</th></tr>${rows}</table>
<ul>${decisions}</ul><p><a href="${escape(release.temporalUi)}">in the Temporal UI</a></p></details>`;
}

const height = 160;
const left = 36;

interface Line {
  readonly pick: (moment: Moment) => number;
  readonly colour: string;
  readonly most?: number;
  readonly step?: boolean;
  readonly second?: { readonly pick: (moment: Moment) => number; readonly colour: string };
}

function lineChart(timeline: readonly Moment[], releases: readonly ReleaseReport[], line: Line): string {
  const values = timeline.flatMap((moment) => [line.pick(moment), line.second?.pick(moment) ?? 0]);
  const most = line.most ?? Math.max(1, ...values);
  const draw = (pick: (moment: Moment) => number, colour: string) => {
    const points = timeline.map((moment, i) => {
      const x = xOf(timeline, moment.at);
      const y = yOf(pick(moment), most);
      const before = timeline[i - 1];
      return line.step === true && before !== undefined ? `${x},${yOf(pick(before), most)} ${x},${y}` : `${x},${y}`;
    });
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.6"/>`;
  };
  const second = line.second === undefined ? '' : draw(line.second.pick, line.second.colour);
  return chart(timeline, releases, most, draw(line.pick, line.colour) + second);
}

function stackedChart(timeline: readonly Moment[], releases: readonly ReleaseReport[]): string {
  const most = Math.max(1, ...timeline.map(({ requests }) => requests));
  const bar = (width - left) / Math.max(1, timeline.length);
  const bars = timeline.map((moment) => {
    let under = 0;
    return Object.entries(moment.byVersion)
      .map(([version, count]) => {
        const top = yOf(under + count, most);
        const rect = `<rect x="${xOf(timeline, moment.at).toFixed(1)}" y="${top}" width="${(bar + 0.3).toFixed(2)}" height="${yOf(under, most) - top}" fill="${colours[version] ?? '#a3a3a3'}"/>`;
        under += count;
        return rect;
      })
      .join('');
  });
  return chart(timeline, releases, most, bars.join(''));
}

function chart(timeline: readonly Moment[], releases: readonly ReleaseReport[], most: number, drawing: string): string {
  const begun = releases.filter(({ outcome }) => outcome !== 'not begun');
  const marks = begun.map(({ version, startedAt }) => {
    const x = xOf(timeline, startedAt);
    return `<line x1="${x}" x2="${x}" y1="0" y2="${height}" stroke="#9ca3af" stroke-dasharray="3 3"/><text x="${x + 4}" y="10">release of ${version}</text>`;
  });
  return `<svg viewBox="0 0 ${width} ${height + 18}" role="img">
<line x1="${left}" x2="${width}" y1="${height}" y2="${height}" stroke="#d1d5db"/>
<text x="0" y="${yOf(most, most) + 4}">${Math.round(most)}</text><text x="0" y="${height}">0</text>
${drawing}${marks.join('')}${seconds(timeline)}</svg>`;
}

function seconds(timeline: readonly Moment[]): string {
  const first = timeline[0]?.at ?? 0;
  const last = timeline.at(-1)?.at ?? 0;
  const ticks: string[] = [];
  for (let at = first; at <= last; at += 30_000) {
    ticks.push(`<text x="${xOf(timeline, at)}" y="${height + 14}">${Math.round((at - first) / 1000)} s</text>`);
  }
  return ticks.join('');
}

function xOf(timeline: readonly Moment[], at: number): number {
  const first = timeline[0]?.at ?? 0;
  const span = Math.max(1, (timeline.at(-1)?.at ?? 1) - first);
  return left + ((at - first) / span) * (width - left);
}

function yOf(value: number, most: number): number {
  return height - (value / most) * (height - 14);
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
