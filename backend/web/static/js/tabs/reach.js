/** How far one gets from a place: three areas on the map, or none again. */

import { request } from '../api.js';
import { el } from '../dom.js';
import { t } from '../i18n.js';
import { estimateBadge, showProblem } from '../parts.js';
import { go } from '../place.js';

const MINUTES = [10, 20, 30];
export const PROFILES = ['car', 'scooter', 'bicycle', 'foot'];

/** A button that draws what is within reach of a place; where there is no place there is none. */
export function reach(location, desk) {
  if (!location) return null;
  const message = el('p.message', { role: 'alert', hidden: true });
  const hint = el('p.little.quiet', { hidden: true });
  const profile = el('select', { 'aria-label': t('profile') }, PROFILES.map((name) => el('option', { value: name }, t(`profile.${name}`))));
  let isShown = false;
  const button = el('button.small', { type: 'button', onclick: () => (isShown ? clear() : draw()) }, t('reach'));
  const count = el('button.small', { type: 'button', hidden: true, onclick: countArea }, t('area.count_reach', { minutes: MINUTES.at(-1) }));
  profile.onchange = () => { if (isShown) draw(); };

  function clear() {
    isShown = false;
    hint.hidden = true;
    count.hidden = true;
    button.textContent = t('reach');
    desk.map.see({ overlay: null });
  }

  function countArea() {
    desk.area = { isochrone: { location, minutes: MINUTES.at(-1), profile: profile.value } };
    go({ tab: 'areas', account: null });
  }

  async function draw() {
    button.disabled = true;
    message.hidden = true;
    try {
      const found = await request('/v1/isochrones', { method: 'POST', body: { location, minutes: MINUTES, profile: profile.value } });
      const features = found.features.map((one) => ({ ...one, properties: { ...one.properties, kind: 'area' } }));
      desk.map.see({ overlay: { type: 'FeatureCollection', features } });
      desk.map.fit(found.features[0].geometry.coordinates.flat(2));
      hint.replaceChildren(t('reach_hint', { minutes: MINUTES.join(', ') }), ' ', found.is_estimate ? estimateBadge() : '');
      hint.hidden = false;
      count.hidden = false;
      isShown = true;
      button.textContent = t('reach_hide');
    } catch (problem) {
      showProblem(message, problem);
    } finally {
      button.disabled = false;
    }
  }

  return el('div.reach', {}, el('div.actions', {}, button, profile), hint, count, message);
}
