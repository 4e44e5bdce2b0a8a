/** How the map is looked at: colour, size, shape, mode and filters, kept in the address so that every view has a link. */

import { go, place } from './place.js';

export const MODES = ['points', 'heat', 'territories'];
export const COLOURS = [
  'life_stage', 'category', 'channel', 'priority', 'last_visit', 'overdue', 'rfm', 'potential', 'territory', 'rep', 'last_visitor',
];
export const SIZES = ['accounts', 'potential', 'overdue', 'last_visit'];
export const MEASURES = ['accounts', 'customers', 'penetration', 'overdue_share'];
/** The filters' names in a query, and in the body of a request. */
const FILTERS = {
  life_stage: 'life_stages', category: 'categories', territory_id: 'territory_ids', channel: 'channels',
  priority: 'priorities', tag: 'tags', campaign_id: 'campaign_ids', is_overdue: 'is_overdue', is_never_visited: 'is_never_visited',
};
const FLAGS = ['is_overdue', 'is_never_visited'];

const oneOf = (value, known) => (known.includes(value) ? value : known[0]);

/** What the address says: {mode, colour_by, size_by, shape_by, measure, filter}; `filter` is a query of the service. */
export function view(where = place()) {
  return {
    mode: oneOf(where.mode, MODES), colour_by: oneOf(where.colour, COLOURS), size_by: oneOf(where.size, SIZES),
    shape_by: COLOURS.includes(where.shape) ? where.shape : null, measure: oneOf(where.measure, MEASURES), filter: cleaned(where.filter),
  };
}

/** Change how the map is looked at; what is usual is left out of the address. */
export function setView({ mode, colour_by, size_by, shape_by, measure, filter }) {
  const changes = { mode, colour: colour_by, size: size_by, shape: shape_by, measure, filter };
  const usual = { mode: MODES[0], colour: COLOURS[0], size: SIZES[0], measure: MEASURES[0], filter: '' };
  go(Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, value === usual[key] ? null : value])), { replace: true });
}

/** One value of each filter, as a form shows them. */
export function chosen() {
  return Object.fromEntries(new URLSearchParams(view().filter));
}

export function choose(changes) {
  const next = new URLSearchParams(view().filter);
  for (const [name, value] of Object.entries(changes)) {
    if (value) next.set(name, value === true ? 'true' : value);
    else next.delete(name);
  }
  setView({ filter: String(next) });
}

/** The filters as the body of a request. */
export function filtersOf(filter = view().filter) {
  const body = {};
  for (const [name, value] of new URLSearchParams(filter)) {
    if (FLAGS.includes(name)) body[FILTERS[name]] = true;
    else (body[FILTERS[name]] ??= []).push(name === 'priority' ? Number(value) : value);
  }
  return body;
}

/** The same back into a query: what a saved view has. */
export function queryOf(filters) {
  const query = new URLSearchParams();
  for (const [name, field] of Object.entries(FILTERS)) {
    for (const value of [filters[field] ?? []].flat()) if (value !== false) query.append(name, value);
  }
  return String(query);
}

function cleaned(filter) {
  const query = new URLSearchParams(filter ?? '');
  for (const name of [...query.keys()]) if (!FILTERS[name] || query.get(name) === '') query.delete(name);
  return String(query);
}
