/** A question to the cube as the page keeps it: in the address, changed by drilling and slicing. */

const USUAL = { view: 'pivot', rows: [{ dimension: 'territory' }], columns: null, measures: ['accounts', 'customers', 'revenue'],
  filters: [], from_date: null, to_date: null, grain: 'month', compare: 'year_before', compare_from: null, compare_to: null, compare_territory: null, territory_of: 'today', units_on: null, campaign: null, measure: 'revenue', in_area: false };
export const VIEWS = ['pivot', 'white_space', 'hot_spots', 'trade_areas'];
const FINEST = 9;
const NEXT = {
  category: ['channel', 'life_stage'], channel: ['category'], life_stage: ['category'], priority: ['category'], rfm_class: ['category'],
  rep: ['product_category', 'category'], product_category: ['product'], product: ['category'],
};

/** The question of an address; what it does not say is as usual. */
export function readState(text) {
  try {
    const told = JSON.parse(text ?? '{}');
    const state = { ...USUAL, ...told };
    const isSound = Array.isArray(state.rows) && Array.isArray(state.measures) && Array.isArray(state.filters) && VIEWS.includes(state.view)
      && state.rows.every((one) => typeof one?.dimension === 'string') && state.filters.every((one) => Array.isArray(one?.values));
    return isSound ? state : { ...USUAL };
  } catch {
    return { ...USUAL };
  }
}

/** The address's text: only what is not as usual. */
export function writeState(state) {
  const told = Object.fromEntries(Object.entries(state).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(USUAL[key])));
  return Object.keys(told).length ? JSON.stringify(told) : null;
}

/** The question with what the service adds to it by itself: units without a level are the finest. */
export function completed(state, known) {
  const finest = known.dimensions.find((one) => one.name === 'admin_unit')?.levels.at(-1);
  const whole = (one) => (one?.dimension === 'admin_unit' && finest !== undefined ? { ...one, level: one.level ?? finest } : one);
  return { ...state, rows: state.rows.map(whole), columns: whole(state.columns) };
}

/** What the service is asked. */
export function asQuery(state, area, more = {}) {
  return {
    rows: state.rows, columns: state.columns ? [state.columns] : [], measures: state.measures, ...asChoice(state, area),
    from_date: state.from_date, to_date: state.to_date, grain: state.grain, territory_of: state.territory_of, units_on: state.units_on,
    compare: comparison(state), ...more,
  };
}

/** With what to compare; nothing as long as its days or its territory are not chosen. */
function comparison({ compare, compare_from: from, compare_to: to, compare_territory: territory }) {
  if (compare === 'dates') return from && to ? { to: 'dates', from_date: from, to_date: to } : null;
  if (compare === 'territory') return territory ? { to: 'area', area: { territory_id: territory } } : null;
  return compare ? { to: compare } : null;
}

/** Of all questions: filters, and the area where one is chosen. */
export const asChoice = (state, area) => ({ filters: state.filters, campaign_ids: state.campaign ? [state.campaign] : [], area: state.in_area && area ? area : null });

/** Filter by a value of a dimension, instead of what it was filtered by. */
export function sliced(state, dimension, values) {
  return { ...state, filters: [...state.filters.filter((one) => one.dimension !== dimension), { dimension, values }] };
}

/**
 * Go into a row: a territory's own, finer cells, days of a month, else the next dimension that goes
 * with the measures. `known` is what the service says can be asked.
 */
export function drilled(state, row, known) {
  const [first, ...others] = state.rows;
  const [key] = row.keys;
  if (first.dimension === 'period') return intoPeriod(state, row);
  const into = sliced(state, first.dimension, [key]);
  if (first.dimension === 'territory') {
    const level = first.level ?? null;
    const deepest = Math.max(...known.dimensions.find((one) => one.name === 'territory').levels);
    const hasBelow = known.dimensions.find((one) => one.name === 'territory').members.some((one) => one.parent === key);
    if (level !== null && hasBelow) return { ...into, rows: [level + 1 >= deepest ? { dimension: 'territory' } : { dimension: 'territory', level: level + 1 }, ...others] };
    return { ...into, rows: [{ dimension: next(['category', 'life_stage'], into, known) }, ...others] };
  }
  if (first.dimension === 'admin_unit') {
    const deeper = known.dimensions.find((one) => one.name === 'admin_unit').levels.find((one) => one > first.level);
    return { ...into, rows: [deeper === undefined ? { dimension: next(['category', 'life_stage'], into, known) } : { dimension: 'admin_unit', level: deeper }, ...others] };
  }
  if (first.dimension === 'h3') {
    const resolution = first.resolution ?? 7;
    return { ...into, rows: [resolution < FINEST ? { dimension: 'h3', resolution: resolution + 1 } : { dimension: 'category' }, ...others] };
  }
  return { ...into, rows: [{ dimension: next(NEXT[first.dimension] ?? [], into, known) ?? first.dimension }, ...others] };
}

function next(names, state, known) {
  const taken = [state.columns?.dimension, state.rows[1]?.dimension, ...state.filters.map((one) => one.dimension)];
  return names.find((name) => !taken.includes(name)
    && state.measures.every((measure) => known.dimensions.find((one) => one.name === name)?.measures.includes(measure)))
    ?? state.rows[0].dimension;
}

function intoPeriod(state, row) {
  const finer = { year: 'quarter', quarter: 'month', month: 'day', week: 'day', day: 'day' }[state.grain];
  const from = row.labels[0];
  const to = new Date(`${from}T00:00:00Z`);
  const months = { year: 12, quarter: 3, month: 1 }[state.grain];
  if (months) to.setUTCMonth(to.getUTCMonth() + months);
  else to.setUTCDate(to.getUTCDate() + (state.grain === 'week' ? 7 : 1));
  to.setUTCDate(to.getUTCDate() - 1);
  return { ...state, from_date: from, to_date: to.toISOString().slice(0, 10), grain: finer };
}
