/** Hexagons of a context layer, beneath all that is the organisation's own. */

import { isDark } from '../colors.js';

const EMPTY = { type: 'FeatureCollection', features: [] };
const MARKUP = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** The map takes an attribution as markup, and people write those of layers. */
export const asAttribution = (words) => (words ?? '').replace(/[&<>"']/g, (one) => MARKUP[one]);

/** `ground`: {data, attribution}. */
export const groundSource = (ground) => ({
  type: 'geojson', data: ground?.data ?? EMPTY, attribution: asAttribution(ground?.attribution),
});

/** Trade areas take the ground's place: two kinds of hexagons above each other tell nothing. */
export function groundLayers({ ground, trade }) {
  const layout = { visibility: ground && !trade?.cells ? 'visible' : 'none' };
  return [
    { id: 'context', type: 'fill', source: 'context', layout, paint: { 'fill-color': ['get', 'color'], 'fill-opacity': 0.55 } },
    { id: 'context-edge', type: 'line', source: 'context', layout, paint: { 'line-color': isDark() ? '#0c1213' : '#ffffff', 'line-width': 0.6, 'line-opacity': 0.6 } },
  ];
}
