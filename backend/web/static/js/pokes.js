/** The service's pokes: a stream that says only that something changed; whoever hears it reads again. */

import { request } from './api.js';

const AGAIN_MS = 2000;
const POKE = 'event: poke';

/** Call back at once and with every poke, until the function that is returned is called. */
export function hearPokes(onPoke) {
  const ending = new AbortController();
  listen(onPoke, ending.signal);
  return () => ending.abort();
}

async function listen(onPoke, signal) {
  while (!signal.aborted) {
    try {
      const answer = await request('/v1/sync/stream', { raw: true, signal });
      await read(answer.body.getReader(), onPoke);
    } catch (problem) {
      if (signal.aborted) return;
      if (problem.status === 401 || problem.status === 403) return;
    }
    // The stream ends with the token, and with the service: begin anew.
    await new Promise((done) => { setTimeout(done, AGAIN_MS); });
  }
}

async function read(reader, onPoke) {
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (rest + decoder.decode(value, { stream: true })).split('\n\n');
    rest = events.pop();
    if (events.some((one) => one.startsWith(POKE))) onPoke();
  }
}
