import { describeChange } from '../domain/change-text.js';
import { durationText } from '../domain/duration.js';
import type { Failure } from '../domain/failure.js';
import type { LogEvent } from '../domain/log.js';
import type { Outcome } from '../domain/release-state.js';
import { colours } from './colours.js';
import type { LogReport } from './reports.js';
import { dateTimeText } from './time-text.js';

export function logText({ events, missing }: LogReport): string {
  return [...events.map(eventText), ...missing.map(missingText)].join('\n');
}

/** `2026-11-21 10:03:12  canary 5 %`; what was changed stands indented, below the step that changed it. */
export function eventText(event: LogEvent): string {
  return `${colours.dim(dateTimeText(event.at))}  ${textOf(event)}`;
}

export function missingText(part: string): string {
  return colours.yellow(`Missing: ${part}`);
}

function textOf(event: LogEvent): string {
  switch (event.kind) {
    case 'submitted':
      return `submitted by ${event.actor}`;
    case 'admitted':
      return `admitted: ${event.live} is live, ${event.idle} gets the new version`;
    case 'step':
      return colours.bold(event.name);
    case 'step-ended':
      return `${event.name}, after ${durationText(event.tookMs)}${noteText(event.note)}`;
    case 'decision':
      return `${colours.cyan(event.actor)}: ${event.text}`;
    case 'effect':
      return `  ${event.name}: ${describeChange(event.before, event.change)}`;
    case 'effect-ended':
      return `  ${event.name} ${event.outcome}, after ${durationText(event.tookMs)}${noteText(event.note)}`;
    case 'ended':
      return `${outcomeMark(event.outcome)}${failureText(event.failure)}`;
  }
}

function noteText(note: string | undefined): string {
  return note === undefined ? '' : `: ${note}`;
}

function failureText(failure: Failure | undefined): string {
  return failure === undefined ? '' : `: ${failure.code}: ${failure.message}`;
}

export function outcomeMark(outcome: Outcome): string {
  switch (outcome) {
    case 'released':
      return colours.green(outcome);
    case 'rolled-back':
      return colours.yellow(outcome);
    case 'needs-operator':
    case 'refused':
      return colours.red(outcome);
  }
}
