/** Hexagons of a context layer, beneath all that is the organisation's own. */

import { isDark } from '../colors.js';

const EMPTY = { type: 'FeatureCollection', features: [] };
const MARKUP = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** `ground`: {data, attribution}; the map takes an attribution as markup, and people write this one. */
export const groundSource = (ground) => ({
  type: 'geojson', data: ground?.data ?? EMPTY, attribution: (ground?.attribution ?? '').replace(/[&<>"']/g, (one) => MARKUP[one]),
});

export function groundLayers({ ground }) {
  const layout = { visibility: ground ? 'visible' : 'none' };
  return [
    { id: 'context', type: 'fill', source: 'context', layout, paint: { 'fill-color': ['get', 'color'], 'fill-opacity': 0.55 } },
    { id: 'context-edge', type: 'line', source: 'context', layout, paint: { 'line-color': isDark() ? '#0c1213' : '#ffffff', 'line-width': 0.6, 'line-opacity': 0.6 } },
  ];
}
