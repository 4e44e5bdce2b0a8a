/** Drawing an area on the map, with terra-draw: corner by corner, freehand, or as a circle. */

import { TerraDraw, TerraDrawCircleMode, TerraDrawFreehandMode, TerraDrawPolygonMode, TerraDrawSelectMode } from 'terra-draw';
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter';
import { el } from '../dom.js';
import { t } from '../i18n.js';

const CORNERS = { feature: { draggable: true, coordinates: { midpoints: true, draggable: true, deletable: true } } };

const WAYS = {
  polygon: { mode: () => new TerraDrawPolygonMode({ pointerDistance: 20 }), hint: 'draw_hint', adjust: 'draw_adjust', flags: CORNERS },
  freehand: { mode: () => new TerraDrawFreehandMode({ minDistance: 8, drawInteraction: 'click-move-or-drag' }), hint: 'draw_hint_freehand', adjust: 'draw_adjust_whole', flags: { feature: { draggable: true } } },
  circle: { mode: () => new TerraDrawCircleMode({ drawInteraction: 'click-move-or-drag' }), hint: 'draw_hint_circle', adjust: 'draw_adjust_whole', flags: { feature: { draggable: true } } },
};

/** Let the person draw one area; resolves with its GeoJSON feature, or null when given up. */
export function drawArea(map, bar, way = 'polygon') {
  const { mode, hint: hintKey, adjust, flags } = WAYS[way];
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map }),
    modes: [
      mode(),
      new TerraDrawSelectMode({ flags: { [way]: flags } }),
    ],
  });
  map.isDrawingArea = true;
  draw.start();
  draw.setMode(way);
  return new Promise((resolve) => {
    const polygon = () => draw.getSnapshot().find((one) => one.geometry.type === 'Polygon' && one.properties.mode === way);
    const hint = el('span', {}, t(hintKey));
    const use = el('button.primary.small', { type: 'button', disabled: true, onclick: () => end(polygon() ?? null) }, t('draw_use'));
    const again = el('button.small', { type: 'button', onclick: restart }, t('draw_again'));
    const cancel = el('button.small', { type: 'button', onclick: () => end(null) }, t('cancel'));
    function onFinish(id, { action }) {
      if (action !== 'draw') return;
      use.disabled = false;
      hint.textContent = t(adjust);
      draw.setMode('select');
      draw.selectFeature(id);
    }
    function restart() {
      draw.clear();
      draw.setMode(way);
      use.disabled = true;
      hint.textContent = t(hintKey);
    }
    function onKey(event) {
      if (event.key === 'Escape') end(null);
    }
    function end(feature) {
      removeEventListener('keydown', onKey);
      draw.off('finish', onFinish);
      draw.stop();
      map.isDrawingArea = false;
      bar.hidden = true;
      bar.replaceChildren();
      resolve(feature);
    }
    draw.on('finish', onFinish);
    addEventListener('keydown', onKey);
    bar.replaceChildren(hint, use, again, cancel);
    bar.hidden = false;
  });
}
