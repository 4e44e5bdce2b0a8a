/** The map: one MapLibre island whose style follows what is to be seen. */

import * as maplibre from 'maplibre-gl';
import { renew, token } from '../api.js';
import { whenThemeChanges } from '../colors.js';
import { t } from '../i18n.js';
import { go, place } from '../place.js';
import { drawArea } from './draw.js';
import { pickPlace, pickStores } from './pick.js';
import { drawRing } from './rings.js';
import { drawShape } from './shapes.js';
import { buildStyle } from './style.js';

const POINTED_AT = ['stops', 'visits', 'prospect-shapes', 'prospect-rings', 'prospects'];
const SOURCES = ['prospects', 'territories', 'routes', 'visits'];

/** Make the map. `on`: {account(id), message(text|null)}. */
export function createMap(container, info, date, on) {
  maplibre.setWorkerUrl(`${document.body.dataset.static}/vendor/maplibre-gl/maplibre-gl-worker.mjs`);
  const seen = {
    info, date, emphasis: 'prospects',
    shown: { prospects: true, territories: true, routes: true, visits: true },
    mode: 'points', sizeBy: 'accounts', filter: '',
  };
  const map = new maplibre.Map({
    container, style: buildStyle(seen), center: info.center ?? [106, 16], zoom: info.center ? 12 : 4,
    attributionControl: false, maxZoom: 19, dragRotate: false, pitchWithRotate: false, maxPitch: 0,
    transformRequest: (url) =>
      (url.startsWith(`${location.origin}/v1/`) ? { url, headers: { Authorization: `Bearer ${token()}` } } : { url }),
    locale: words(),
  });
  container.map = map;
  map.setMissingStyleImageResolver((name) => giveIcon(map, name));
  const linked = seenPlace(place().at);
  if (linked) map.jumpTo(linked);
  else if (info.bounds) map.fitBounds(pairs(info.bounds), { padding: padding(map), animate: false, maxZoom: 15 });
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), 'top-right');
  map.addControl(new maplibre.AttributionControl({ compact: false }), 'bottom-right');
  map.addControl(new maplibre.ScaleControl(), 'bottom-right');
  map.touchZoomRotate.disableRotation();
  map.once('idle', () => { document.body.dataset.ready = 'true'; });
  listen(map, on);

  let isDrawing = false;
  let isLoaded = false;
  // While an area is drawn the style holds its drawing, and before the first load it cannot change.
  const show = () => { if (isLoaded && !isDrawing) map.setStyle(buildStyle(seen)); };
  map.once('style.load', () => { isLoaded = true; show(); });
  whenThemeChanges(show);
  return {
    /** Change what is seen: date, emphasis, territoryId, routeId, selectedPoint, shown, overlay, and how (see style.js). */
    see(changes) {
      if (Object.entries(changes).every(([key, value]) => seen[key] === value)) return;
      Object.assign(seen, changes);
      show();
    },
    shown: () => seen.shown,
    repaint: show,
    /** Ask for a source's tiles again, after a change of its data. */
    refresh(...names) {
      for (const name of names.length ? names : SOURCES) if (map.getSource(name)) map.refreshTiles(name);
    },
    fly(point) {
      map.flyTo({ center: point, zoom: Math.max(map.getZoom(), 16), speed: 2.4, maxDuration: 1500 });
    },
    fit(points) {
      const box = points.reduce((bounds, point) => bounds.extend(point), new maplibre.LngLatBounds());
      if (!box.isEmpty()) map.fitBounds(box, { padding: padding(map), maxZoom: 16, maxDuration: 1200 });
    },
    resize: () => map.resize(),
    jump: (center, zoom) => map.jumpTo({ center, zoom }),
    zoom: () => map.getZoom(),
    /** Call back whenever the map rests, with whether some of its tiles are too full to tell all that is asked. */
    whenRough(tell) {
      map.on('idle', () => tell(Boolean(map.getLayer('prospects')) && map.querySourceFeatures('prospects', { sourceLayer: 'prospects' }).some((one) => one.properties.is_rough)));
    },
    /** What is seen, as [west, south, east, north]. */
    box: () => map.getBounds().toArray().flat(),
    whenMoved(action) { map.on('moveend', action); },
    /** Call back with what is told of a layer's feature that is tapped, where no dot lies above; returns how to stop. */
    whenTapped(layer, tell) {
      const onClick = ({ features, point }) => { if (!map.isDrawingArea && !hit(map, point)) tell(features[0].properties); };
      map.on('click', layer, onClick);
      return () => map.off('click', layer, onClick);
    },
    /** The place in the middle of what is seen. */
    middle() {
      const { lng, lat } = map.getCenter().wrap();
      return [lng, lat];
    },
    pick: (bar, hint) => pickPlace(map, bar, hint),
    /** Accounts or places, one after another; returns how to stop. */
    pickStores: (bar, take, done) => pickStores(map, bar, { take, done, accountAt: (point) => pointed(map, point) }),
    async draw(bar, way) {
      isDrawing = true;
      try {
        return await drawArea(map, bar, way);
      } finally {
        isDrawing = false;
        show();
      }
    },
  };
}

/** Room around what is fitted; on a wide map the legend's corner is left free. */
function padding(map) {
  const { clientWidth } = map.getContainer();
  return clientWidth > 800 ? { top: 50, bottom: 50, right: 60, left: 310 } : 34;
}

/** Draw an icon when a style first names it. */
function giveIcon(map, name) {
  const { image, ...how } = drawShape(name) ?? drawRing(name) ?? {};
  if (image && !map.hasImage(name)) map.addImage(name, image, how);
}

const pairs = ([west, south, east, north]) => [[west, south], [east, north]];

function listen(map, on) {
  map.on('click', (event) => {
    if (map.isDrawingArea) return;
    const id = pointed(map, event.point);
    if (id) on.account(id);
  });
  for (const layer of POINTED_AT) {
    map.on('mouseenter', layer, () => { map.getCanvas().style.cursor = 'pointer'; });
    map.on('mouseleave', layer, () => { map.getCanvas().style.cursor = ''; });
  }
  map.on('error', (event) => {
    const status = event.error?.status;
    if (status === 401) renew().then(() => SOURCES.forEach((name) => map.refreshTiles(name))).catch(() => {});
    else if (status !== undefined || event.error?.message) on.message(t('map_failed'));
  });
  map.on('idle', () => on.message(null));
  map.on('moveend', () => {
    const { lng, lat } = map.getCenter().wrap();
    go({ at: `${lng.toFixed(5)},${lat.toFixed(5)},${map.getZoom().toFixed(2)}` }, { replace: true, isQuiet: true });
  });
}

const hit = (map, point) => map.queryRenderedFeatures(around(point), { layers: POINTED_AT.filter((id) => map.getLayer(id)) })[0];

/** The account that is pointed at; undefined where there is none, null where many are one dot, which then come apart. */
function pointed(map, point) {
  const feature = hit(map, point);
  if (!feature) return undefined;
  const id = feature.properties.account_id ?? feature.properties.id;
  if (id) return id;
  map.easeTo({ center: feature.geometry.coordinates, zoom: Math.min(map.getZoom() + 2, 19), duration: 400 });
  return null;
}

/** Where a link says that the map was: longitude, latitude, zoom. */
function seenPlace(at) {
  const [lng, lat, zoom] = (at ?? '').split(',').map(Number);
  const isPlace = Math.abs(lng) <= 180 && Math.abs(lat) <= 85 && zoom >= 0 && zoom <= 19;
  return isPlace ? { center: [lng, lat], zoom } : null;
}

/** A finger is wider than a pointer's tip. */
function around({ x, y }) {
  return [[x - 5, y - 5], [x + 5, y + 5]];
}

function words() {
  return {
    'NavigationControl.ZoomIn': t('zoom_in'), 'NavigationControl.ZoomOut': t('zoom_out'),
    'Map.Title': t('map'), 'AttributionControl.ToggleAttribution': t('attribution'),
  };
}
