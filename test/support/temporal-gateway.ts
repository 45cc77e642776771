import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Certificates } from './certificates.js';

export interface Gateway {
  /** `127.0.0.1:7233` */
  readonly address: string;
  /** What callers have sent as `authorization`, each value once. */
  readonly authorizations: ReadonlySet<string | undefined>;
  close(): void;
}

/** What stands before Temporal in production: it asks for a client certificate, or for an API key, and passes calls on. */
export async function startGateway(
  backend: string,
  { authority, server: { cert, key } }: Certificates,
  asks: { readonly certificate: true } | { readonly apiKey: string },
): Promise<Gateway> {
  const authorizations = new Set<string | undefined>();
  const upstream = http2.connect(`http://${backend}`);
  const sessions = new Set<http2.ServerHttp2Session>();
  const requestCert = 'certificate' in asks;
  const server = http2.createSecureServer({ cert, key, ca: authority, requestCert, rejectUnauthorized: requestCert });
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined).on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    authorizations.add(headers.authorization);
    if ('apiKey' in asks && headers.authorization !== `Bearer ${asks.apiKey}`) {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '16' }, { endStream: true });
      return;
    }
    passOn(stream, upstream.request({ ...headers, ':authority': backend, ':scheme': 'http' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    authorizations,
    close() {
      server.close();
      for (const session of sessions) session.destroy();
      upstream.destroy();
    },
  };
}

/** gRPC says in the trailers how a call went. */
function passOn(stream: http2.ServerHttp2Stream, call: http2.ClientHttp2Stream): void {
  let trailers: http2.IncomingHttpHeaders = {};
  call.on('error', () => stream.destroy());
  call.on('trailers', (headers) => (trailers = headers));
  call.on('response', (headers, flags) => {
    if (stream.destroyed) return;
    const endStream = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    if (endStream) return stream.respond(headers, { endStream });
    stream.respond(headers, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    call.pipe(stream);
  });
  stream.on('close', () => call.destroy());
  stream.pipe(call);
}
