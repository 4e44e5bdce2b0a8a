// A sign-in at a Tuyen service: bearer tokens in headers (never in URLs), refreshed when they end.

/** An answer of the service that is no success; `status` and `code` are those of docs/ERRORS.md. */
export class TuyenError extends Error {
  constructor(status, problem) {
    super(problem.detail ?? `The service answered ${status}.`);
    this.name = 'TuyenError';
    this.status = status;
    this.code = problem.code ?? 'unknown';
    this.errors = problem.errors ?? [];
  }
}

/** A version 7 UUID, as every record's id has to be. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let left = Date.now();
  for (let place = 5; place >= 0; place -= 1) {
    bytes[place] = left % 256;
    left = Math.floor(left / 256);
  }
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * Keeps who is signed in. `tokens` is `{access_token, refresh_token, device_id, user}` as
 * `Session.signIn` got it; `onTokens` hears of each new one, to keep it safely. In a browser
 * `refresh_token` is null, since it lies in a cookie that no script can read. To go on later, also
 * without a network, make a session of kept tokens: it refreshes at its first call.
 */
export class Session {
  constructor({ server, tokens, onTokens = () => {}, fetch = globalThis.fetch }) {
    this.server = server.replace(/\/$/, '');
    this.tokens = tokens;
    this.onTokens = onTokens;
    this.fetch = (...call) => fetch(...call);
    this.refreshing = null;
  }

  /** Sign in from a device, whose id the app makes once and keeps. */
  static async signIn({ server, email, password, deviceId, deviceName, platform, ...more }) {
    const session = new Session({ server, tokens: null, ...more });
    await session.take('/v1/auth/login', {
      email,
      password,
      device_id: deviceId,
      device_name: deviceName,
      platform,
    });
    return session;
  }

  get deviceId() {
    return this.tokens.device_id;
  }

  get user() {
    return this.tokens.user;
  }

  /** Call the service; a token that has ended is refreshed once. Raises TuyenError. */
  async call(path, init = {}) {
    if (!this.tokens.access_token) await this.refresh();
    const used = this.tokens.access_token;
    let answer = await this.send(path, init);
    if (answer.status === 401 && (await problemOf(answer.clone())).code === 'token_expired') {
      if (this.tokens.access_token === used) await this.refresh();
      answer = await this.send(path, init);
    }
    if (!answer.ok) throw new TuyenError(answer.status, await problemOf(answer));
    return answer;
  }

  /** Post JSON and return the answer's JSON. */
  async post(path, body, headers = {}) {
    const answer = await this.call(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return answer.json();
  }

  send(path, init) {
    const headers = { ...init.headers, Authorization: `Bearer ${this.tokens.access_token}` };
    return this.fetch(this.server + path, { ...init, headers });
  }

  /** Swap the refresh token; all who wait share one call, for a token used twice ends the sign-in. */
  refresh() {
    const { refresh_token: token, device_id: device } = this.tokens;
    const body = token ? { refresh_token: token, device_id: device } : {};
    this.refreshing ??= this.take('/v1/auth/refresh', body).finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  async take(path, body) {
    const answer = await this.fetch(this.server + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new TuyenError(answer.status, await problemOf(answer));
    this.tokens = await answer.json();
    await this.onTokens(this.tokens);
  }
}

async function problemOf(answer) {
  try {
    return await answer.json();
  } catch {
    return {};
  }
}
