import type { FastifyInstance } from 'fastify';

/** What is being served: health checks are left out, they say nothing about shoppers. */
export interface Traffic {
  readonly served: number;
  readonly inFlight: number;
  /** Milliseconds since the last request came or went. */
  readonly quietFor: number;
}

export function countTraffic(app: FastifyInstance): Traffic {
  let served = 0;
  let inFlight = 0;
  let lastSeen = performance.now();
  app.addHook('onRequest', (request, reply, done) => {
    if (request.url !== '/health') {
      inFlight += 1;
      lastSeen = performance.now();
      reply.raw.once('close', () => {
        if (reply.raw.writableFinished) served += 1;
        inFlight -= 1;
        lastSeen = performance.now();
      });
    }
    done();
  });
  return {
    get served() {
      return served;
    },
    get inFlight() {
      return inFlight;
    },
    get quietFor() {
      return performance.now() - lastSeen;
    },
  };
}
