// node serve.mjs <server> [port]: bundle the page, serve it, and pass /v1 on to the service.
// Page and service share one origin, as behind any reverse proxy: the refresh cookie needs that.
import { build } from 'esbuild';
import { createServer, request as ask } from 'node:http';
import { readFile } from 'node:fs/promises';

const [target = 'http://127.0.0.1:8000', port = '8100'] = process.argv.slice(2);
const here = (name) => new URL(name, import.meta.url);

const { outputFiles } = await build({
  entryPoints: [here('page.mjs').pathname],
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  write: false,
});
const files = {
  '/': ['text/html; charset=utf-8', await readFile(here('index.html'))],
  '/page.js': ['text/javascript; charset=utf-8', Buffer.from(outputFiles[0].contents)],
};

const server = createServer((incoming, answer) => {
  const path = incoming.url.split('?')[0];
  if (path.startsWith('/v1/')) {
    pass(incoming, answer);
  } else if (files[path]) {
    answer.writeHead(200, { 'Content-Type': files[path][0], 'Cache-Control': 'no-store' });
    answer.end(files[path][1]);
  } else {
    answer.writeHead(path === '/favicon.ico' ? 204 : 404);
    answer.end();
  }
});

function pass(incoming, answer) {
  const { method, headers } = incoming;
  const onward = ask(new URL(incoming.url, target), { method, headers }, (reply) => {
    answer.writeHead(reply.statusCode, reply.headers);
    // Events go out as they come.
    answer.flushHeaders();
    reply.pipe(answer);
  });
  onward.on('error', () => answer.destroy());
  answer.on('close', () => onward.destroy());
  incoming.pipe(onward);
}

server.listen(Number(port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
