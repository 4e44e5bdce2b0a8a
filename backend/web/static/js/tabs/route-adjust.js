/** Change a route by hand: every change is tried at once and shows what it costs, until it is kept. */

import { request } from '../api.js';
import { repColor } from '../colors.js';
import { el } from '../dom.js';
import { distance, duration, number, t, time } from '../i18n.js';
import { decodePolyline } from '../map/polyline.js';
import { latest, notPreferredBadge, showProblem, VISIT_KINDS } from '../parts.js';
import { reasonOf } from './reasons.js';

/** A panel that edits `route`; `done(kept)` is called when the person ends it. */
export function adjusting(route, desk, done) {
  const run = latest();
  const message = el('p.message', { role: 'alert', hidden: true });
  const summary = el('p.change', { role: 'status' }, t('change_none'));
  const list = el('ol.stops');
  const left = el('ul.dropped');
  const prices = el('ul.dropped');
  const keep = el('button.primary.small', { type: 'button', disabled: true, onclick: save }, t('adjust_keep'));
  const best = el('button.small', { type: 'button', onclick: () => attempt({ order: [] }) }, t('adjust_best'));
  let chosen = { ...route.choices };
  let shown = route;
  let dragged = null;
  let isEnded = false;

  /** Try changed choices; what cannot be is told and not taken over. */
  function attempt(changes) {
    const wished = { ...chosen, ...changes };
    message.hidden = true;
    summary.textContent = t('planning');
    // One change after the other: the next one is made from what this one leads to.
    work.inert = true;
    keep.disabled = true;
    run(() => request(`/v1/routes/${route.id}/adjust`, { method: 'POST', body: { ...wished, is_trial: true } }), (trial, problem) => {
      if (isEnded) return;
      work.inert = false;
      if (problem) {
        showProblem(message, problem);
        summary.textContent = '';
        keep.disabled = shown === route;
        show();
        return;
      }
      chosen = wished;
      shown = trial.route;
      keep.disabled = false;
      summary.textContent = changeWords(trial.change);
      desk.map.see({ overlay: shown.line ? tried(shown.line) : null });
      show();
    });
  }

  async function save() {
    keep.disabled = true;
    try {
      const { route: kept } = await request(`/v1/routes/${route.id}/adjust`, { method: 'POST', body: chosen });
      end(kept);
    } catch (problem) {
      showProblem(message, problem);
      keep.disabled = false;
    }
  }

  function end(kept) {
    isEnded = true;
    desk.map.see({ overlay: null });
    done(kept);
  }

  function show() {
    best.hidden = !chosen.order.length;
    list.replaceChildren(...shown.stops.map((stop, index) => row(stop, index)));
    left.replaceChildren(...shown.dropped.map((one) => el('li', {},
      el('span', {}, one.name, ' '),
      el('button.small', { type: 'button', onclick: () => bringIn(one), 'aria-label': `${t('bring_in')}: ${one.name}` }, t('bring_in')),
      el('span.little.quiet', {}, reasonOf(one, shown.stops)))));
  }

  function row(stop, index) {
    const id = stop.account_id;
    const isFixed = chosen.appointments.some((one) => one.account_id === id);
    const pin = el('span.pin', {}, String(stop.sequence));
    pin.style.background = repColor(route.rep_id);
    return el('li.stop.movable', {
      draggable: true, dataset: { account: id },
      ondragstart: (event) => { dragged = id; event.dataTransfer.effectAllowed = 'move'; },
      ondragover: (event) => { if (dragged) event.preventDefault(); },
      ondrop: (event) => { event.preventDefault(); drop(index); },
      ondragend: () => { dragged = null; },
    },
    pin,
    el('span', {}, stop.name, stop.is_preferred ? null : [' ', notPreferredBadge()], el('br'), el('span.leg', {}, effect(stop))),
    el('time', { dateTime: stop.start_at }, `${time(stop.start_at)}–${time(stop.leave_at)}`),
    el('span.tools', {},
      tool('↑', t('move_up'), stop, () => move(index, index - 1), { disabled: index === 0 }),
      tool('↓', t('move_down'), stop, () => move(index, index + 1), { disabled: index === shown.stops.length - 1 }),
      tool(t('must_visit'), t('must_visit'), stop, () => toggle('account_ids', id), { 'aria-pressed': String(chosen.account_ids.includes(id)) }),
      tool(t('fix_time'), t('fix_time_hint'), stop, () => fix(stop, isFixed), { 'aria-pressed': String(isFixed) }),
      tool(t('leave_out'), t('leave_out'), stop, () => leaveOut(id)),
      kindOf(stop)));
  }

  function tool(sign, label, stop, onclick, more = {}) {
    return el('button.small', { type: 'button', title: label, 'aria-label': `${label}: ${stop.name}`, onclick, ...more }, sign);
  }

  function move(from, to) {
    const order = shown.stops.map((stop) => stop.account_id);
    order.splice(to, 0, ...order.splice(from, 1));
    attempt({ order });
  }

  function drop(to) {
    const from = shown.stops.findIndex((stop) => stop.account_id === dragged);
    dragged = null;
    if (from >= 0 && from !== to) move(from, to);
  }

  const without = (ids, id) => ids.filter((one) => one !== id);

  function toggle(field, id) {
    attempt({ [field]: chosen[field].includes(id) ? without(chosen[field], id) : [...chosen[field], id] });
  }

  function fix(stop, isFixed) {
    const others = chosen.appointments.filter((one) => one.account_id !== stop.account_id);
    attempt({ appointments: isFixed ? others : [...others, { account_id: stop.account_id, start: localTime(stop.start_at, desk.info.time_zone) }] });
  }

  /** What the visit is for; a kind may have minutes of its own. */
  function kindOf(stop) {
    const field = el('select.small', {
      'aria-label': `${t('visit_kind')}: ${stop.name}`,
      onchange: () => {
        const others = chosen.visit_kinds.filter((one) => one.account_id !== stop.account_id);
        attempt({ visit_kinds: [...others, { account_id: stop.account_id, kind: field.value }] });
      },
    }, VISIT_KINDS.map((kind) => el('option', { value: kind, selected: kind === stop.kind }, t(`kind.${kind}`))));
    return field;
  }

  function leaveOut(id) {
    attempt({
      account_ids: without(chosen.account_ids, id), order: without(chosen.order, id),
      appointments: chosen.appointments.filter((one) => one.account_id !== id), excluded_ids: [...chosen.excluded_ids, id],
    });
  }

  function bringIn({ account_id: id }) {
    attempt({
      account_ids: [...without(chosen.account_ids, id), id], excluded_ids: without(chosen.excluded_ids, id),
      order: chosen.order.length ? [...without(chosen.order, id), id] : [],
    });
  }

  async function price() {
    message.hidden = true;
    try {
      const found = await request(`/v1/routes/${route.id}/choices`);
      const names = new Map([...route.stops, ...route.dropped].map((one) => [one.account_id, one.name]));
      prices.replaceChildren(...(found.length ? found.map((one) => el('li', {},
        el('span', {}, [t(`choice.${one.kind}`), names.get(one.account_id)].filter(Boolean).join(': ')),
        el('span.little.quiet', {}, changeWords(one.change)))) : [el('li.quiet', {}, t('choices_none'))]));
    } catch (problem) {
      showProblem(message, problem);
    }
  }

  const work = el('div.adjust', {}, message, prices, list, el('h3', {}, t('adjust_left_out')), left);
  show();
  return el('div.adjust', {},
    el('p.little.quiet', {}, t('adjust_hint')),
    el('div.actions.sticky', {}, summary, keep,
      el('button.small', { type: 'button', onclick: () => end(null) }, t('adjust_discard')), best,
      el('button.small', { type: 'button', onclick: price }, t('choices_price'))),
    work);
}

/** The tried way as the map lays it over. */
function tried(line) {
  const geometry = { type: 'LineString', coordinates: decodePolyline(line) };
  return { type: 'FeatureCollection', features: [{ type: 'Feature', properties: { kind: 'tried' }, geometry }] };
}

/** What a stop costs the day, and what room it has. */
export function effect(stop) {
  return t('stop_effect', { time: duration(stop.detour_seconds), distance: distance(stop.detour_m), spare: duration(stop.spare_seconds) });
}

/** A change of a plan in words: minutes, kilometres, visits, the day's end. */
export function changeWords(change) {
  const signed = (value, words) => (value ? `${value > 0 ? '+' : '−'}${words(Math.abs(value))}` : null);
  const parts = [
    signed(Math.round(change.travel_seconds / 60), (minutes) => t('change_travel', { time: duration(minutes * 60) })),
    signed(change.distance_m, distance),
    signed(change.visits, (count) => t('change_visits', { count: number(count) })),
    Math.abs(change.ends_later_seconds) >= 60
      ? t(change.ends_later_seconds > 0 ? 'change_later' : 'change_earlier', { time: duration(Math.abs(change.ends_later_seconds)) }) : null,
  ].filter(Boolean);
  return parts.length ? parts.join(' · ') : t('change_none');
}

/** A moment as the organisation's clock shows it, `HH:MM:SS`. */
function localTime(moment, timeZone) {
  return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false, timeZone }).format(new Date(moment));
}
