/** How the basemap's own layers (land, water, buildings, roads, places) are drawn by day and night. */

const DAY = {
  ground: '#f3f1ec', water: '#b7d7e8', river: '#9fc8de', wood: '#d5e6cd', grass: '#dfebd4', park: '#d4e8c8', sand: '#f2e8cf',
  farm: '#eeeddc', residential: '#ece8e2', commercial: '#f0eae3', industrial: '#e6e3ea', square: '#f8f5ef', building: '#ddd7cd',
  edge: '#cfc9bf', road: '#ffffff', main: '#ffe9a8', motorway: '#f9c983', path: '#d8cdbd', rail: '#b9b4bd',
  text: '#45504c', road_text: '#6b665d', water_text: '#3f7795', halo: '#ffffffe0',
};
const NIGHT = {
  ground: '#1a2123', water: '#10303c', river: '#173d4b', wood: '#1b2c22', grass: '#1e2b22', park: '#1c3024', sand: '#2c2a20',
  farm: '#20271f', residential: '#1f2729', commercial: '#242a2b', industrial: '#25252d', square: '#252d2f', building: '#2a3335',
  edge: '#12181a', road: '#3a4547', main: '#575843', motorway: '#6d5a3a', path: '#333d3f', rail: '#454b50',
  text: '#c3cdc9', road_text: '#98a39f', water_text: '#7db4cc', halo: '#14191ae0',
};
/** Fonts of the reader's own machine: no glyph files are needed. */
export const FONT = ['Noto Sans', 'DejaVu Sans', 'sans-serif'];
const is = (...classes) => ['in', ['get', 'class'], ['literal', classes]];
const grow = (...stops) => ['interpolate', ['exponential', 1.6], ['zoom'], ...stops];

export function basemapLayers(isNight) {
  const c = isNight ? NIGHT : DAY;
  return [
    { id: 'ground', type: 'background', paint: { 'background-color': c.ground } },
    ...areas(c), ...roads(c), ...labels(c),
  ];
}

function areas(c) {
  const kinds = ['wood', c.wood, 'wetland', c.wood, 'grass', c.grass, 'pitch', c.park, 'cemetery', c.park, 'park', c.park,
    'sand', c.sand, 'farm', c.farm, 'residential', c.residential, 'commercial', c.commercial, 'industrial', c.industrial, 'square', c.square];
  return [
    { id: 'land', type: 'fill', source: 'basemap', 'source-layer': 'land', paint: { 'fill-color': ['match', ['get', 'class'], ...kinds, c.ground] } },
    { id: 'water', type: 'fill', source: 'basemap', 'source-layer': 'water', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': c.water } },
    {
      id: 'rivers', type: 'line', source: 'basemap', 'source-layer': 'water', filter: ['!=', ['geometry-type'], 'Polygon'],
      paint: { 'line-color': c.river, 'line-width': grow(8, 0.5, 14, ['match', ['get', 'class'], 'river', 4, 'canal', 3, 1.2]) },
    },
    { id: 'buildings', type: 'fill', source: 'basemap', 'source-layer': 'buildings', minzoom: 13, paint: { 'fill-color': c.building, 'fill-outline-color': c.edge, 'fill-opacity': ['interpolate', ['linear'], ['zoom'], 13, 0.3, 15, 1] } },
  ];
}

function roads(c) {
  const road = (id, filter, color, widths, minzoom) => ({
    id, type: 'line', source: 'basemap', 'source-layer': 'roads', filter, minzoom,
    layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': color, 'line-width': grow(...widths) },
  });
  const minor = is('minor', 'service', 'pedestrian');
  const main = is('primary', 'secondary', 'tertiary');
  const fast = is('motorway', 'trunk');
  return [
    { ...road('paths', is('path'), c.path, [13, 0.5, 18, 3], 14), paint: { 'line-color': c.path, 'line-width': grow(13, 0.5, 18, 3), 'line-dasharray': [2, 1.5] } },
    road('minor-edge', minor, c.edge, [12, 0.6, 14, 3.4, 18, 18], 13), road('main-edge', main, c.edge, [8, 0.8, 14, 6, 18, 26], 9), road('fast-edge', fast, c.edge, [6, 1, 14, 8, 18, 30], 6),
    road('minor', minor, c.road, [12, 0.4, 14, 2.4, 18, 15], 12), road('main', main, c.main, [8, 0.5, 14, 4.6, 18, 23], 8), road('fast', fast, c.motorway, [5, 0.5, 14, 6, 18, 27], 5),
    { ...road('rail', is('rail', 'tram'), c.rail, [9, 0.5, 18, 3], 10) },
  ];
}

function labels(c) {
  const text = (size) => ({ 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': size, 'text-max-width': 8 });
  const big = is('city', 'town');
  return [
    {
      id: 'road-names', type: 'symbol', source: 'basemap', 'source-layer': 'roads', minzoom: 14.5, filter: ['has', 'name'],
      layout: { ...text(11), 'symbol-placement': 'line', 'text-max-angle': 30 }, paint: { 'text-color': c.road_text, 'text-halo-color': c.halo, 'text-halo-width': 1.4 },
    },
    {
      id: 'water-names', type: 'symbol', source: 'basemap', 'source-layer': 'water', minzoom: 13, filter: ['all', ['has', 'name'], ['==', ['geometry-type'], 'Polygon']],
      layout: text(11), paint: { 'text-color': c.water_text, 'text-halo-color': c.halo, 'text-halo-width': 1 },
    },
    {
      id: 'places-small', type: 'symbol', source: 'basemap', 'source-layer': 'places', minzoom: 11, filter: ['!', big],
      layout: text(12), paint: { 'text-color': c.text, 'text-halo-color': c.halo, 'text-halo-width': 1.5, 'text-opacity': 0.8 },
    },
    {
      id: 'places-big', type: 'symbol', source: 'basemap', 'source-layer': 'places', filter: big, maxzoom: 14,
      layout: text(['interpolate', ['linear'], ['zoom'], 5, 11, 12, 18]), paint: { 'text-color': c.text, 'text-halo-color': c.halo, 'text-halo-width': 1.6 },
    },
  ];
}
