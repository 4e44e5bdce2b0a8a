/** The map's whole style as a function of what is to be seen: no state of its own. */

import { isDark, repColors, statusColors } from '../colors.js';
import { basemapLayers, FONT } from './basemap.js';
import { groundLayers, groundSource } from './ground.js';
import { overlayLayers, overlaySource } from './overlay.js';
import { prospectLayers, prospectQuery, territoryColor, territoryWords } from './prospects.js';
import { tradeLayers, tradeMarkers, tradeSources } from './trade.js';

const tiles = (layer, query = '') => [`${location.origin}/v1/tiles/${layer}/{z}/{x}/{y}.mvt${query}`];
const source = (layer, query, maxzoom = 18) => ({ type: 'vector', tiles: tiles(layer, query), minzoom: 0, maxzoom });
const visible = (isShown) => ({ visibility: isShown ? 'visible' : 'none' });
const matching = (field, pairs, other) =>
  (pairs.length ? ['match', ['get', field], ...pairs.flat(), other] : other);
const selected = (features) => ({ type: 'geojson', data: { type: 'FeatureCollection', features } });

/**
 * `seen`: {info, date, territoryId, shown: {prospects, ...}, emphasis, routeId, selectedPoint, overlay, ground, trade}, and how
 * accounts look: {mode, colourBy, sizeBy, sizeUnit, shapeBy, filter, legend, shapes, choropleth}.
 */
export function buildStyle(seen) {
  const day = `?on_date=${seen.date}`;
  const point = seen.selectedPoint && {
    type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: seen.selectedPoint },
  };
  return {
    version: 8,
    sources: {
      basemap: { ...source('basemap', '', seen.info.basemap_max_zoom), attribution: seen.info.attribution },
      context: groundSource(seen.ground),
      ...tradeSources(seen),
      overlay: overlaySource(seen.overlay),
      prospects: source('prospects', prospectQuery(seen)),
      territories: source('territories', '', 14),
      routes: source('routes', day, 16),
      visits: source('visits', day, 16),
      selected: selected(point ? [point] : []),
    },
    layers: [
      ...basemapLayers(isDark()),
      ...groundLayers(seen),
      ...tradeLayers(seen),
      ...territoryLayers(seen),
      ...routeLines(seen),
      ...prospectLayers(seen),
      ...overlayLayers(),
      ...visitLayers(seen),
      ...stopLayers(seen),
      ...territoryLabels(seen),
      ...tradeMarkers(),
      {
        id: 'selected', type: 'circle', source: 'selected',
        paint: {
          'circle-radius': 13, 'circle-color': '#000', 'circle-opacity': 0,
          'circle-stroke-width': 4, 'circle-stroke-color': isDark() ? '#fff' : '#111',
        },
      },
    ],
  };
}

const halo = () => (isDark() ? '#10191c' : '#ffffff');
const rim = () => (isDark() ? '#0c1213' : '#ffffff');

function territoryLayers(seen) {
  const { shown, territoryId, choropleth, trade } = seen;
  const chosen = ['==', ['get', 'id'], territoryId ?? ''];
  const veil = choropleth ? 0.45 : ['case', chosen, 0.2, isDark() ? 0.13 : 0.07];
  // Above trade areas it would give their colours another hue than the legend's.
  const strength = trade?.cells ? 0 : veil;
  return [
    {
      id: 'territory-fill', type: 'fill', source: 'territories', 'source-layer': 'territories', layout: visible(shown.territories),
      paint: { 'fill-color': territoryColor(seen), 'fill-opacity': strength },
    },
    {
      id: 'territory-line', type: 'line', source: 'territories', 'source-layer': 'territories', layout: visible(shown.territories),
      paint: { 'line-color': ['get', 'color'], 'line-width': ['case', chosen, 4, 2], 'line-opacity': 0.85 },
    },
  ];
}

function territoryLabels(seen) {
  const { shown } = seen;
  return [{
    id: 'territory-label', type: 'symbol', source: 'territories', 'source-layer': 'territory_labels',
    layout: { ...visible(shown.territories), 'text-field': territoryWords(seen), 'text-font': FONT, 'text-size': 15, 'text-max-width': 9 },
    paint: { 'text-color': isDark() ? '#e8eeeb' : '#17211e', 'text-halo-color': halo(), 'text-halo-width': 2 },
  }];
}

function routeLines({ shown, routeId, emphasis }) {
  const chosen = routeId ? ['==', ['get', 'id'], routeId] : true;
  const isMain = emphasis === 'routes';
  const strength = ['case', chosen, isMain ? 0.95 : 0.5, 0.25];
  const color = matching('rep_id', repColors(), '#1f6f5c');
  const layer = (id, filter, paint) => ({
    id, type: 'line', source: 'routes', 'source-layer': 'routes', ...(filter && { filter }),
    layout: { ...visible(shown.routes), 'line-cap': id === 'route-estimate' ? 'butt' : 'round', 'line-join': 'round' }, paint,
  });
  return [
    layer('route-edge', null, { 'line-color': rim(), 'line-width': isMain ? 8 : 5, 'line-opacity': strength }),
    layer('route-line', ['!', ['get', 'is_estimate']], { 'line-color': color, 'line-width': isMain ? 4.5 : 2.5, 'line-opacity': strength }),
    layer('route-estimate', ['get', 'is_estimate'], { 'line-color': color, 'line-width': isMain ? 4 : 2.5, 'line-dasharray': [2, 1.5], 'line-opacity': strength }),
  ];
}

function stopLayers({ shown, routeId, emphasis }) {
  const chosen = routeId ? ['==', ['get', 'route_id'], routeId] : true;
  const isMain = emphasis === 'routes';
  const isShown = shown.routes && isMain;
  return [
    {
      id: 'stops', type: 'circle', source: 'routes', 'source-layer': 'stops', layout: visible(isShown),
      paint: {
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 10, 5, 13, 10, 16, 12],
        'circle-color': matching('rep_id', repColors(), '#1f6f5c'), 'circle-stroke-color': rim(), 'circle-stroke-width': 2,
        'circle-opacity': ['case', chosen, 1, 0.35], 'circle-stroke-opacity': ['case', chosen, 1, 0.35],
      },
    },
    {
      id: 'stop-number', type: 'symbol', source: 'routes', 'source-layer': 'stops', minzoom: 11.5,
      layout: { ...visible(isShown), 'text-field': ['to-string', ['get', 'sequence']], 'text-font': FONT, 'text-size': 12, 'text-allow-overlap': true, 'text-ignore-placement': true },
      paint: { 'text-color': isDark() ? '#0c1213' : '#ffffff', 'text-opacity': ['case', chosen, 1, 0.4] },
    },
  ];
}

function visitLayers({ shown, emphasis }) {
  const isShown = shown.visits && emphasis !== 'routes';
  const size = emphasis === 'visits' ? 1 : 0.6;
  return [{
    id: 'visits', type: 'circle', source: 'visits', 'source-layer': 'visits', layout: visible(isShown),
    paint: {
      'circle-radius': ['interpolate', ['linear'], ['zoom'], 10, 5 * size, 14, 9 * size, 17, 12 * size],
      'circle-color': matching('status', statusColors(), '#6b7280'),
      'circle-stroke-color': matching('rep_id', repColors(), rim()), 'circle-stroke-width': 3 * size,
    },
  }];
}
