/** Calls the service. The access token lives in memory only; the refresh cookie is out of reach. */

import { known, language, t } from './i18n.js';

const DEVICE = 'tuyen.device';
const SIGNED_IN = 'tuyen.signed-in';
const REFRESH_AHEAD_S = 60;
let access = null;
let refreshing = null;
let timer = null;
let onLost = () => {};

/** What the service refused: status, code and a sentence in the person's language where known. */
export class Problem extends Error {
  constructor(status, body) {
    super(known(`problem.${body.code}`) ?? body.detail ?? t('problem.unknown', { status }));
    this.status = status;
    this.code = body.code ?? 'unknown';
    this.errors = body.errors ?? [];
  }
}

export const whenSignedOut = (action) => { onLost = action; };
export const token = () => access;

/** Sign in; returns the user. */
export async function signIn(email, password) {
  const body = () => ({
    email, password, device_id: deviceId(), device_name: navigator.platform || 'web', platform: 'web',
  });
  try {
    return keep(await send('/v1/auth/login', { method: 'POST', body: body() }));
  } catch (problem) {
    // Somebody else signed in here before, or this browser was locked out: it is a new device now.
    if (!['device_of_another_user', 'device_revoked'].includes(problem.code)) throw problem;
    localStorage.removeItem(DEVICE);
    return keep(await send('/v1/auth/login', { method: 'POST', body: body() }));
  }
}

/** Go on with an earlier sign-in by its cookie; returns the user, or null when there is none. */
export async function resume() {
  if (!localStorage.getItem(SIGNED_IN)) return null;
  try {
    return keep(await refresh());
  } catch (problem) {
    if (problem.status === 401 || problem.status === 403) forget();
    return null;
  }
}

export async function signOut() {
  try {
    await request('/v1/auth/logout', { method: 'POST' });
  } finally {
    forget();
    onLost();
  }
}

/**
 * Call with the token; an expired one is renewed once. Returns JSON, or the Response with `raw`.
 * With a `version` it changes only the record that has it.
 */
export async function request(path, options = {}) {
  try {
    return await send(path, options);
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    await renew();
    return send(path, options);
  }
}

/** Renew the token now; signs the person out when that is refused. */
export async function renew() {
  try {
    keep(await refresh());
  } catch (problem) {
    if (problem.status === 401 || problem.status === 403) {
      forget();
      onLost();
    }
    throw problem;
  }
}

/** Every item of a list, page after page, up to `most`. */
export async function all(path, query = {}, most = 2000) {
  const items = [];
  let cursor;
  do {
    const page = await request(path, { query: { ...query, limit: 200, cursor } });
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor && items.length < most);
  return items;
}

/** A file behind the token as an object URL; the caller revokes it. */
export async function blobUrl(path) {
  const answer = await request(path, { raw: true });
  return URL.createObjectURL(await answer.blob());
}

async function send(path, { method = 'GET', body, query = {}, signal, raw = false, version } = {}) {
  const url = new URL(path, location.origin);
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') url.searchParams.append(key, value);
  }
  // Files come in the page's language, which a person may have switched.
  const headers = { 'Accept-Language': language() };
  if (access) headers.Authorization = `Bearer ${access}`;
  const isForm = body instanceof FormData; // the browser writes its type, with the boundary
  if (body !== undefined && !isForm) headers['Content-Type'] = 'application/json';
  if (version !== undefined) headers['If-Match'] = `W/"${version}"`;
  let answer;
  try {
    answer = await fetch(url, { method, headers, signal, body: body === undefined || isForm ? body : JSON.stringify(body) });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, { code: 'unreachable' });
  }
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
  if (raw) return answer;
  return answer.status === 204 ? null : answer.json();
}

function refresh() {
  // One renewal at a time, however many calls found the token too old.
  refreshing ??= send('/v1/auth/refresh', { method: 'POST' }).finally(() => { refreshing = null; });
  return refreshing;
}

function keep(session) {
  access = session.access_token;
  localStorage.setItem(SIGNED_IN, '1');
  clearTimeout(timer);
  const ahead = Math.max(5, session.expires_in - REFRESH_AHEAD_S);
  timer = setTimeout(() => renew().catch(() => {}), ahead * 1000);
  return session.user;
}

function forget() {
  access = null;
  clearTimeout(timer);
  localStorage.removeItem(SIGNED_IN);
}

function deviceId() {
  let id = localStorage.getItem(DEVICE);
  if (!id) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
    localStorage.setItem(DEVICE, id);
  }
  return id;
}
