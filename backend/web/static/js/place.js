/** Where the person is in the page, kept in the address after `#`: tab, date, route, account. */

export const TABS = ['prospects', 'territories', 'areas', 'analysis', 'routes', 'weeks', 'visits', 'results', 'quality'];
const KEYS = ['tab', 'date', 'route', 'account', 'rep', 'cube', 'mode', 'colour', 'size', 'measure', 'filter', 'ground', 'at', 'campaign'];
const listeners = new Set();

export function place() {
  const params = new URLSearchParams(location.hash.slice(1));
  const found = Object.fromEntries(KEYS.map((key) => [key, params.get(key) || null]));
  if (!TABS.includes(found.tab)) found.tab = 'prospects';
  if (!/^\d{4}-\d{2}-\d{2}$/.test(found.date ?? '') || Number.isNaN(Date.parse(found.date))) found.date = null;
  return found;
}

/** Move: keys not named stay, null removes; quietly for what nobody follows. */
export function go(changes, { replace = false, isQuiet = false } = {}) {
  const next = { ...place(), ...changes };
  const params = new URLSearchParams(KEYS.filter((key) => next[key]).map((key) => [key, next[key]]));
  const hash = `#${params}`;
  if (hash === location.hash) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', hash);
  if (!isQuiet) tell();
}

export function whenMoved(action) {
  listeners.add(action);
}

function tell() {
  for (const action of listeners) action(place());
}

addEventListener('popstate', tell);
