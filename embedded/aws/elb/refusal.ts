import type { ServerResponse } from 'node:http';

const reasons = {
  400: 'Bad Request',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
} as const;

/** An error page of the load balancer's own, as AWS writes it. */
export function refuse(response: ServerResponse, status: keyof typeof reasons, cookies: readonly string[] = []): void {
  const title = `${status} ${reasons[status]}`;
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  response
    .writeHead(status, {
      server: 'awselb/2.0',
      'content-type': 'text/html',
      'content-length': Buffer.byteLength(body),
      ...(cookies.length > 0 ? { 'set-cookie': [...cookies] } : {}),
    })
    .end(body);
}
