/** Drawing an area on the map, with terra-draw. */

import { TerraDraw, TerraDrawPolygonMode, TerraDrawSelectMode } from 'terra-draw';
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter';
import { el } from '../dom.js';
import { t } from '../i18n.js';

const CORNERS = { feature: { draggable: true, coordinates: { midpoints: true, draggable: true, deletable: true } } };

/** Let the person draw one polygon; resolves with its GeoJSON geometry, or null when given up. */
export function drawPolygon(map, bar) {
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map }),
    modes: [
      new TerraDrawPolygonMode({ pointerDistance: 20 }),
      new TerraDrawSelectMode({ flags: { polygon: CORNERS } }),
    ],
  });
  map.isDrawingArea = true;
  draw.start();
  draw.setMode('polygon');
  return new Promise((resolve) => {
    const polygon = () => draw.getSnapshot().find((one) => one.geometry.type === 'Polygon' && one.properties.mode === 'polygon');
    const hint = el('span', {}, t('draw_hint'));
    const use = el('button.primary.small', { type: 'button', disabled: true, onclick: () => end(polygon()?.geometry ?? null) }, t('draw_use'));
    const again = el('button.small', { type: 'button', onclick: restart }, t('draw_again'));
    const cancel = el('button.small', { type: 'button', onclick: () => end(null) }, t('cancel'));
    function onFinish(id, { action }) {
      if (action !== 'draw') return;
      use.disabled = false;
      hint.textContent = t('draw_adjust');
      draw.setMode('select');
      draw.selectFeature(id);
    }
    function restart() {
      draw.clear();
      draw.setMode('polygon');
      use.disabled = true;
      hint.textContent = t('draw_hint');
    }
    function onKey(event) {
      if (event.key === 'Escape') end(null);
    }
    function end(geometry) {
      removeEventListener('keydown', onKey);
      draw.off('finish', onFinish);
      draw.stop();
      map.isDrawingArea = false;
      bar.hidden = true;
      bar.replaceChildren();
      resolve(geometry);
    }
    draw.on('finish', onFinish);
    addEventListener('keydown', onKey);
    bar.replaceChildren(hint, use, again, cancel);
    bar.hidden = false;
  });
}
