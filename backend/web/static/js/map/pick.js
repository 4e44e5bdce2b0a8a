/** Places of the map, pointed at or taken from its middle. */

import { el } from '../dom.js';
import { t } from '../i18n.js';

/** Let the person choose a place; resolves with [longitude, latitude], or null when given up. */
export function pickPlace(map, bar, hint = t('pick.hint')) {
  map.isDrawingArea = true;
  const canvas = map.getCanvas();
  canvas.style.cursor = 'crosshair';
  return new Promise((resolve) => {
    const middle = el('button.primary.small', { type: 'button', onclick: () => end(map.getCenter()) }, t('pick.middle'));
    const cancel = el('button.small', { type: 'button', onclick: () => end(null) }, t('cancel'));
    const onClick = ({ lngLat }) => end(lngLat);
    const onKey = ({ key }) => { if (key === 'Escape') end(null); };
    function end(place) {
      removeEventListener('keydown', onKey);
      map.off('click', onClick);
      map.isDrawingArea = false;
      canvas.style.cursor = '';
      bar.hidden = true;
      bar.replaceChildren();
      const { lng, lat } = place?.wrap() ?? {};
      resolve(place && [lng, lat]);
    }
    map.on('click', onClick);
    addEventListener('keydown', onKey);
    bar.replaceChildren(el('span', {}, hint), middle, cancel);
    bar.hidden = false;
    middle.focus();
  });
}

/**
 * Let the person choose one after another: `take({account, at})` has the account that was pointed at, else the place alone,
 * and returns words for what was taken. `accountAt(point)` finds an account; null where many are one dot. Returns how to stop.
 */
export function pickStores(map, bar, { accountAt, take, done }) {
  map.isDrawingArea = true;
  const canvas = map.getCanvas();
  canvas.style.cursor = 'crosshair';
  const told = el('span', { role: 'status' }, t('pick.stores'));
  const keep = async (account, place) => {
    const { lng, lat } = place.wrap();
    told.textContent = await take({ account, at: [lng, lat] });
  };
  const middle = el('button.small', { type: 'button', onclick: () => keep(null, map.getCenter()) }, t('pick.middle'));
  const enough = el('button.primary.small', { type: 'button', onclick: stop }, t('pick.done'));
  const onClick = ({ point, lngLat }) => {
    const account = accountAt(point);
    if (account !== null) keep(account ?? null, lngLat);
  };
  const onKey = ({ key }) => { if (key === 'Escape') stop(); };
  function stop() {
    removeEventListener('keydown', onKey);
    map.off('click', onClick);
    map.isDrawingArea = false;
    canvas.style.cursor = '';
    bar.hidden = true;
    bar.replaceChildren();
    done();
  }
  map.on('click', onClick);
  addEventListener('keydown', onKey);
  bar.replaceChildren(told, middle, enough);
  bar.hidden = false;
  middle.focus();
  return stop;
}
