/**
 * The program of a test's task: answers every path with its COLOUR, and some with more.
 * `/health` 200; `/slow?ms=` after a while; `/status?code=`; `/echo` the request as it came; `/cut` breaks off
 * without one;
 * `/half` breaks off within its answer; `/crash` ends the process.
 */
export const app = `
import { createServer } from 'node:http';
const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://app');
  let body = '';
  for await (const chunk of request) body += chunk;
  response.setHeader('x-colour', process.env.COLOUR ?? '');
  switch (url.pathname) {
    case '/health': response.statusCode = Number(process.env.HEALTH ?? 200); response.end(); return;
    case '/slow': setTimeout(() => response.end('slow'), Number(url.searchParams.get('ms'))); return;
    case '/status': response.statusCode = Number(url.searchParams.get('code')); response.end(); return;
    case '/echo': response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body, env: process.env })); return;
    case '/cut': request.socket.destroy(); return;
    case '/half': response.setHeader('content-length', 100); response.write('half'); setTimeout(() => request.socket.destroy(), 50); return;
    case '/crash': process.exit(3);
    default: response.end(process.env.COLOUR ?? 'app');
  }
});
server.listen(Number(process.env.PORT), process.env.HOST, () => console.log('listening on ' + process.env.HOST));
process.once('SIGTERM', () => { console.log('SIGTERM'); server.close(() => process.exit(0)); });
if (process.env.EXIT_WHEN_STDIN_CLOSES === '1') process.stdin.resume().once('close', () => process.exit(0));
`;
