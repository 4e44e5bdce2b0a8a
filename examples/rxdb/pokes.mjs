// The service's stream of pokes, read by fetch: EventSource cannot send the token in a header.

const LONGEST_MS = 30_000;
const SILENT_MS = 60_000;

/** Call `onPoke` for each poke until the signal; comes back after any failure, ever more slowly. */
export async function listen({ session, onPoke, signal, pollSeconds = 0 }) {
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (pollSeconds > 0) {
        onPoke();
        await wait(pollSeconds * 1000, signal);
        continue;
      }
      for await (const event of readEvents(await open(session, signal))) {
        failures = 0;
        if (event === 'poke') onPoke();
      }
      // It ends with its token; the next one begins with a poke, so nothing is missed.
      await wait(100, signal);
    } catch {
      failures += 1;
      await wait(Math.min(LONGEST_MS, 500 * 2 ** failures) * (0.5 + Math.random() / 2), signal);
    }
  }
}

async function open(session, signal) {
  const headers = { Accept: 'text/event-stream' };
  const answer = await session.call('/v1/sync/stream', { headers, signal });
  return answer.body.pipeThrough(new TextDecoderStream()).getReader();
}

/** Yield the name of each event; comments, which only show that the line is alive, yield nothing. */
async function* readEvents(reader) {
  let text = '';
  let name = '';
  for (;;) {
    // The service says something every 20 s; a line that is silent for longer is dead.
    const silence = setTimeout(() => reader.cancel(), SILENT_MS);
    const { value, done } = await reader.read().finally(() => clearTimeout(silence));
    if (done) return;
    text += value;
    const lines = text.split('\n');
    text = lines.pop();
    for (const line of lines) {
      if (line.startsWith('event:')) name = line.slice(6).trim();
      if (line === '' && name !== '') {
        yield name;
        name = '';
      }
    }
  }
}

function wait(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
