import type { IncomingMessage } from 'node:http';

/** AWSALBTG binds a client to a target group, AWSALB to a target within it. */
export type StickyCookie = 'AWSALBTG' | 'AWSALB';

/** What the cookie of this name binds the client to; undefined when there is none or its time is over. */
export function boundTo(request: IncomingMessage, cookie: StickyCookie): string | undefined {
  const value = readCookie(request.headers.cookie, cookie);
  if (value === undefined) return undefined;
  const [expires, ...name] = Buffer.from(value, 'base64url').toString('utf8').split(' ');
  return Number(expires) > Date.now() ? name.join(' ') : undefined;
}

/** The two Set-Cookie values that bind a client: the plain one and the one for cross-origin requests. */
export function bind(cookie: StickyCookie, name: string, seconds: number): string[] {
  const expires = Date.now() + seconds * 1_000;
  const value = Buffer.from(`${expires} ${name}`).toString('base64url');
  const date = new Date(expires).toUTCString();
  return [
    `${cookie}=${value}; Expires=${date}; Path=/`,
    `${cookie}CORS=${value}; Expires=${date}; Path=/; SameSite=None; Secure`,
  ];
}

function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at !== -1 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}
