/** The accounts nearest to a place: the device's, the map's middle, or one that is pointed at; by distance or by travel time. */

import { request } from '../api.js';
import { stageColors } from '../colors.js';
import { el, select, swatch } from '../dom.js';
import { distance, number, t } from '../i18n.js';
import { empty, estimateBadge, latest, loading, problemCard } from '../parts.js';
import { go } from '../place.js';
import { filtersOf } from '../view.js';
import { categoryName } from './prospects.js';
import { PROFILES } from './reach.js';

const MOST = 50;
const HERE = 'here';
const WAIT_MS = 15_000;
const KEPT_MS = 60_000;
/** A position that is less sure than this is said to be so. */
const VAGUE_M = 100;

/** The address's `near`: a place or the device's, and by what; a device's position stays out of links. */
export function readNear(text) {
  const [where, profile] = (text ?? '').split(';');
  const [lon, lat] = where.split(',').map(Number);
  const isPlace = where.includes(',') && Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
  if (where !== HERE && !isPlace) return null;
  return { at: isPlace ? [lon, lat] : null, profile: PROFILES.includes(profile) ? profile : null };
}

export const writeNear = ({ at, profile }) => `${at ? at.map((one) => one.toFixed(5)).join(',') : HERE}${profile ? `;${profile}` : ''}`;

/** Returns {node, arrive(near, filter), overlay()}; `near` is what `readNear` says. `lay()` puts the overlay on the map. */
export function nearPart(desk, lay) {
  const run = latest();
  const list = el('div');
  const note = el('p.little.quiet', { role: 'status' });
  const ways = {
    here: el('button.small', { type: 'button', onclick: () => turn({ at: null }) }, t('near.here')),
    middle: el('button.small', { type: 'button', onclick: () => turn({ at: desk.map.middle() }) }, t('near.middle')),
    pick: el('button.small', { type: 'button', onclick: pick }, t('near.pick')),
  };
  const by = select('near_by', t('near.by'), [['', t('near.by_distance')], ...PROFILES.map((one) => [one, t('near.by_time', { profile: t(`profile.${one}`) })])], '',
    (profile) => turn({ profile: profile || null }));
  const node = el('section.panel-part', { 'aria-label': t('near.title') }, el('div.views', { role: 'group', 'aria-label': t('near.from') }, Object.values(ways)), by, note, list);
  let now = null;
  let filter = '';
  let place = null;

  /** Ask anew, also from where one is already: the device, or what is to be seen, may have moved. */
  function turn(changes) {
    const next = { ...now, ...changes };
    if (writeNear(next) === writeNear(now)) load();
    else go({ near: writeNear(next) }, { replace: true });
  }

  async function pick() {
    const at = await desk.map.pick(document.getElementById('draw-bar'), t('near.pick_hint'));
    ways.pick.focus();
    if (at) turn({ at });
  }

  function load() {
    ways.here.setAttribute('aria-pressed', String(!now.at));
    by.querySelector('select').value = now.profile ?? '';
    list.replaceChildren(loading());
    note.textContent = now.at ? '' : t('near.locating');
    const { at, profile } = now;
    run(async () => {
      const from = at ? { at, words: t('near.from_place') } : await locate();
      const body = { location: from.at, filters: filtersOf(filter), limit: MOST, ...(profile ? { by: 'travel_time', profile } : { by: 'distance' }) };
      return { from, found: await request('/v1/near', { method: 'POST', body }) };
    }, (answer, problem) => {
      place = answer?.from.at ?? null;
      lay();
      if (problem) {
        note.textContent = '';
        list.replaceChildren(problemCard(problem, load));
      } else show(answer, profile);
    });
  }

  /** The device's position, or the map's middle where there is none to be had. */
  async function locate() {
    try {
      const { coords } = await new Promise((resolve, reject) => {
        if (navigator.geolocation) navigator.geolocation.getCurrentPosition(resolve, reject, { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: KEPT_MS });
        else reject(new Error('none'));
      });
      const words = coords.accuracy > VAGUE_M ? t('near.from_vague', { radius: distance(coords.accuracy) }) : t('near.from_here');
      return { at: [coords.longitude, coords.latitude], words };
    } catch (problem) {
      return { at: desk.map.middle(), words: t(problem.code === 1 ? 'near.denied' : 'near.unknown') };
    }
  }

  function show({ from, found }, profile) {
    const how = profile ? t(found.is_estimate ? 'near.estimated' : 'near.timed', { profile: t(`profile.${profile}`) }) : t('near.straight');
    note.replaceChildren(from.words, ' ', how, ...(found.is_estimate ? [' ', estimateBadge()] : []));
    list.replaceChildren(found.accounts.length
      ? el('ol.row-list', { 'aria-label': t('near.list', { count: found.accounts.length }) }, found.accounts.map((one) => el('li', {}, row(one, profile))))
      : empty(t('no_accounts'), t('no_accounts_hint')));
  }

  function row(one, profile) {
    const color = Object.fromEntries(stageColors(desk.info.legend))[one.life_stage];
    const about = [t(`stage.${one.life_stage}`), categoryName(one.category), one.address].filter(Boolean).join(' · ');
    return el('button.row', { type: 'button', onclick: () => go({ account: one.id }) },
      swatch(color),
      el('span.main', {}, el('strong', {}, one.name), el('span.quiet.little', {}, about)),
      el('span.end.number', {}, profile ? [timeWords(one.minutes), el('span.quiet.little', {}, ` · ${distance(one.distance_m)}`)] : distance(one.distance_m)));
  }

  return {
    node,
    arrive(near, wanted) {
      if (now && writeNear(near) === writeNear(now) && wanted === filter) return;
      now = near;
      filter = wanted;
      load();
    },
    leave() {
      now = null;
      run(() => Promise.resolve(null), () => {});
      if (!place) return;
      place = null;
      lay();
    },
    overlay: () => (place ? { type: 'FeatureCollection', features: [{ type: 'Feature', properties: { kind: 'here' }, geometry: { type: 'Point', coordinates: place } }] } : null),
  };
}

const timeWords = (minutes) => (minutes === null ? t('near.no_way') : t('minutes', { minutes: number(minutes, minutes < 10 ? 1 : 0) }));
