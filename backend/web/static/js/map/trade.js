/** Trade areas on the map: hexagons in the colour of who draws them, beneath the accounts, and the stores above all. */

import { isDark } from '../colors.js';
import { FONT } from './basemap.js';
import { asAttribution } from './ground.js';

const NOTHING = { type: 'FeatureCollection', features: [] };

/** `trade`: {cells, stores, attribution}; cells have a `color` and a `strength`, stores a `color`, an `ink`, a `number` and a `name`. */
export const tradeSources = ({ trade }) => ({
  trade: { type: 'geojson', data: trade?.cells ?? NOTHING, attribution: asAttribution(trade?.attribution) },
  'trade-stores': { type: 'geojson', data: trade?.stores ?? NOTHING },
});

const rim = () => (isDark() ? '#0c1213' : '#ffffff');

export function tradeLayers({ trade }) {
  const layout = { visibility: trade?.cells ? 'visible' : 'none' };
  return [
    { id: 'trade', type: 'fill', source: 'trade', layout, paint: { 'fill-color': ['get', 'color'], 'fill-opacity': ['get', 'strength'] } },
    { id: 'trade-edge', type: 'line', source: 'trade', layout, paint: { 'line-color': rim(), 'line-width': 0.7, 'line-opacity': 0.7 } },
  ];
}

export function tradeMarkers() {
  return [
    {
      id: 'trade-store-name', type: 'symbol', source: 'trade-stores',
      layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 13, 'text-anchor': 'top', 'text-offset': [0, 1.1], 'text-max-width': 12 },
      paint: { 'text-color': isDark() ? '#e8eeeb' : '#17211e', 'text-halo-color': rim(), 'text-halo-width': 2 },
    },
    {
      id: 'trade-store', type: 'circle', source: 'trade-stores',
      paint: { 'circle-radius': 12, 'circle-color': ['get', 'color'], 'circle-stroke-width': 3, 'circle-stroke-color': rim() },
    },
    {
      id: 'trade-store-number', type: 'symbol', source: 'trade-stores',
      layout: { 'text-field': ['get', 'number'], 'text-font': FONT, 'text-size': 13, 'text-allow-overlap': true, 'text-ignore-placement': true },
      paint: { 'text-color': ['get', 'ink'] },
    },
  ];
}
