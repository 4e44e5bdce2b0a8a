/** What a list lays over the map: areas within reach, a day's ways, check-ins. */

import { isDark } from '../colors.js';
import { FONT } from './basemap.js';

const LOOKS = {
  light: { area: '#0369a1', planned: '#17211e', tried: '#b45309', driven: '#c2410c', near: '#0f7f4f', ghost: '#b3261e', rim: '#ffffff' },
  dark: { area: '#5cc0f5', planned: '#e8eeeb', tried: '#ffd166', driven: '#fb923c', near: '#5fd8a2', ghost: '#ff9d94', rim: '#0c1213' },
};
const EMPTY = { type: 'FeatureCollection', features: [] };
const of = (kind) => ['==', ['get', 'kind'], kind];

/** `overlay` is a FeatureCollection whose features say their `kind`: hexagon (with its `color`), area, design (with `color`), former, planned, tried, driven, place, here, pin-move, pin-old, pin-new, live (with `color`, `name`). */
export const overlaySource = (overlay) => ({ type: 'geojson', data: overlay ?? EMPTY });

export function overlayLayers() {
  const look = isDark() ? LOOKS.dark : LOOKS.light;
  const round = { 'line-cap': 'round', 'line-join': 'round' };
  const chosen = ['boolean', ['get', 'is_chosen'], false];
  const pin = (kind, color) => ({
    id: `overlay-${kind}`, type: 'circle', source: 'overlay', filter: of(kind),
    paint: { 'circle-radius': ['case', chosen, 10, 6], 'circle-color': color, 'circle-opacity': 0.85, 'circle-stroke-width': ['case', chosen, 3, 1.5], 'circle-stroke-color': look.rim },
  });
  const line = (id, paint, layout = round, kind = id) => ({ id: `overlay-${id}`, type: 'line', source: 'overlay', filter: of(kind), layout, paint });
  return [
    { id: 'overlay-hexagon', type: 'fill', source: 'overlay', filter: of('hexagon'), paint: { 'fill-color': ['get', 'color'], 'fill-opacity': 0.62 } },
    { id: 'overlay-hexagon-edge', type: 'line', source: 'overlay', filter: of('hexagon'), paint: { 'line-color': look.rim, 'line-width': 0.8, 'line-opacity': 0.7 } },
    { id: 'overlay-area', type: 'fill', source: 'overlay', filter: of('area'), paint: { 'fill-color': look.area, 'fill-opacity': 0.16 } },
    { id: 'overlay-edge', type: 'line', source: 'overlay', filter: of('area'), layout: round, paint: { 'line-color': look.area, 'line-width': 2 } },
    { id: 'overlay-design', type: 'fill', source: 'overlay', filter: of('design'), paint: { 'fill-color': ['get', 'color'], 'fill-opacity': 0.3 } },
    line('design-edge', { 'line-color': ['get', 'color'], 'line-width': 2.5 }, round, 'design'),
    line('former', { 'line-color': look.planned, 'line-width': 2, 'line-dasharray': [3, 2] }, { 'line-join': 'round' }),
    line('planned', { 'line-color': look.planned, 'line-width': 3, 'line-opacity': 0.75, 'line-dasharray': [1.5, 1.5] }, { 'line-join': 'round' }),
    line('tried', { 'line-color': look.tried, 'line-width': 4, 'line-dasharray': [0.5, 1.6] }),
    line('pin-move', { 'line-color': look.ghost, 'line-width': ['case', chosen, 3, 1.5], 'line-dasharray': [2, 1.5] }, { 'line-join': 'round' }),
    line('driven', { 'line-color': look.driven, 'line-width': 4.5, 'line-opacity': 0.85 }),
    {
      id: 'overlay-live', type: 'circle', source: 'overlay', filter: of('live'),
      paint: { 'circle-radius': 10, 'circle-color': ['get', 'color'], 'circle-stroke-width': 4, 'circle-stroke-color': look.rim },
    },
    {
      id: 'overlay-live-name', type: 'symbol', source: 'overlay', filter: of('live'),
      layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 13, 'text-anchor': 'top', 'text-offset': [0, 1], 'text-allow-overlap': true },
      paint: { 'text-color': look.planned, 'text-halo-color': look.rim, 'text-halo-width': 2 },
    },
    {
      id: 'overlay-here', type: 'circle', source: 'overlay', filter: of('here'),
      paint: { 'circle-radius': 9, 'circle-color': look.area, 'circle-stroke-width': 4, 'circle-stroke-color': look.rim },
    },
    pin('pin-old', look.ghost),
    pin('pin-new', look.near),
    {
      id: 'overlay-place', type: 'circle', source: 'overlay', filter: of('place'),
      paint: {
        'circle-radius': 6, 'circle-color': ['case', ['get', 'is_ghost'], look.ghost, look.near],
        'circle-stroke-width': 2, 'circle-stroke-color': look.rim,
      },
    },
  ];
}
