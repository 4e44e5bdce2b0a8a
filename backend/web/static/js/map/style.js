/** The map's whole style as a function of what is to be seen: no state of its own. */

import { isDark, repColors, stageColors, statusColors } from '../colors.js';
import { basemapLayers, FONT } from './basemap.js';
import { overlayLayers, overlaySource } from './overlay.js';

const tiles = (layer, query = '') => [`${location.origin}/v1/tiles/${layer}/{z}/{x}/{y}.mvt${query}`];
const source = (layer, query, maxzoom = 18) => ({ type: 'vector', tiles: tiles(layer, query), minzoom: 0, maxzoom });
const visible = (isShown) => ({ visibility: isShown ? 'visible' : 'none' });
const matching = (field, pairs, other) =>
  (pairs.length ? ['match', ['get', field], ...pairs.flat(), other] : other);
const selected = (features) => ({ type: 'geojson', data: { type: 'FeatureCollection', features } });

/** `seen`: {info, date, lifeStage, territoryId, shown: {prospects, ...}, emphasis, routeId, selectedPoint, overlay}. */
export function buildStyle(seen) {
  const filter = new URLSearchParams();
  if (seen.lifeStage) filter.append('life_stage', seen.lifeStage);
  if (seen.territoryId) filter.append('territory_id', seen.territoryId);
  const query = filter.size ? `?${filter}` : '';
  const day = `?on_date=${seen.date}`;
  const point = seen.selectedPoint && {
    type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: seen.selectedPoint },
  };
  return {
    version: 8,
    sources: {
      basemap: { ...source('basemap', '', seen.info.basemap_max_zoom), attribution: seen.info.attribution },
      overlay: overlaySource(seen.overlay),
      prospects: source('prospects', query),
      territories: source('territories', '', 14),
      routes: source('routes', day, 16),
      visits: source('visits', day, 16),
      selected: selected(point ? [point] : []),
    },
    layers: [
      ...basemapLayers(isDark()),
      ...territoryLayers(seen),
      ...routeLines(seen),
      ...prospectLayers(seen),
      ...overlayLayers(),
      ...visitLayers(seen),
      ...stopLayers(seen),
      ...territoryLabels(seen),
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

function territoryLayers({ shown, territoryId }) {
  const chosen = ['==', ['get', 'id'], territoryId ?? ''];
  return [
    {
      id: 'territory-fill', type: 'fill', source: 'territories', 'source-layer': 'territories', layout: visible(shown.territories),
      paint: { 'fill-color': ['get', 'color'], 'fill-opacity': ['case', chosen, 0.2, isDark() ? 0.13 : 0.07] },
    },
    {
      id: 'territory-line', type: 'line', source: 'territories', 'source-layer': 'territories', layout: visible(shown.territories),
      paint: { 'line-color': ['get', 'color'], 'line-width': ['case', chosen, 4, 2], 'line-opacity': 0.85 },
    },
  ];
}

function territoryLabels({ shown }) {
  return [{
    id: 'territory-label', type: 'symbol', source: 'territories', 'source-layer': 'territory_labels',
    layout: { ...visible(shown.territories), 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 15, 'text-max-width': 9 },
    paint: { 'text-color': isDark() ? '#e8eeeb' : '#17211e', 'text-halo-color': halo(), 'text-halo-width': 2 },
  }];
}

function prospectLayers({ info, shown, emphasis }) {
  const stages = stageColors(info.legend);
  const color = Object.fromEntries(stages);
  const strength = ['prospects', 'territories', 'areas'].includes(emphasis) ? 0.92 : 0.28;
  const many = ['>', ['get', 'n'], 1];
  const radius = (one, base) => ['case', many, ['min', 22, ['+', base, ['*', 2.1, ['ln', ['get', 'n']]]]], one];
  return [
    {
      id: 'prospects', type: 'circle', source: 'prospects', 'source-layer': 'prospects', layout: visible(shown.prospects),
      paint: {
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 8, radius(2.5, 3.2), 13, radius(4, 5), 17, radius(7, 9)],
        'circle-color': ['case', many,
          ['interpolate', ['linear'], ['/', ['get', 'customers'], ['get', 'n']], 0, color.prospect, 1, color.customer],
          matching('life_stage', stages, color.prospect)],
        'circle-opacity': strength, 'circle-stroke-opacity': strength,
        'circle-stroke-width': ['interpolate', ['linear'], ['zoom'], 10, 0.5, 15, 1.4], 'circle-stroke-color': rim(),
      },
    },
    {
      id: 'prospect-count', type: 'symbol', source: 'prospects', 'source-layer': 'prospects', filter: ['>=', ['get', 'n'], 10],
      layout: { ...visible(shown.prospects), 'text-field': ['to-string', ['get', 'n']], 'text-font': FONT, 'text-size': 11, 'text-allow-overlap': true },
      paint: { 'text-color': isDark() ? '#0c1213' : '#ffffff', 'text-opacity': strength },
    },
  ];
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
