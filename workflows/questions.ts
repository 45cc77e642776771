import { questions } from './activity-proxies.js';
import { toFailure } from './failure.js';
import type { Answered, QuestionName, Questions } from './messages.js';

// One workflow a question. They change nothing, so a run that is lost is simply asked again.

export function history(asked: Asked<'history'>): Answering<'history'> {
  return answer(() => questions.history(asked));
}

export function plan(asked: Asked<'plan'>): Answering<'plan'> {
  return answer(() => questions.plan(asked));
}

export function releaseLog(asked: Asked<'releaseLog'>): Answering<'releaseLog'> {
  return answer(() => questions.releaseLog(asked));
}

export function checkup(asked: Asked<'checkup'>): Answering<'checkup'> {
  return answer(() => questions.checkup(asked));
}

export function liveService(asked: Asked<'liveService'>): Answering<'liveService'> {
  return answer(() => questions.liveService(asked));
}

type Asked<Q extends QuestionName> = Questions[Q]['asked'];
type Answering<Q extends QuestionName> = Promise<Answered<Questions[Q]['answer']>>;

async function answer<T>(read: () => Promise<T>): Promise<Answered<T>> {
  try {
    return { answer: await read() };
  } catch (error) {
    const failure = toFailure(error);
    if (failure.code === 'internal') throw error;
    return { failure };
  }
}
