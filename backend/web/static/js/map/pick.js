/** One place of the map, pointed at or taken from its middle. */

import { el } from '../dom.js';
import { t } from '../i18n.js';

/** Let the person choose a place; resolves with [longitude, latitude], or null when given up. */
export function pickPlace(map, bar) {
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
    bar.replaceChildren(el('span', {}, t('pick.hint')), middle, cancel);
    bar.hidden = false;
    middle.focus();
  });
}
