// Tuyen's records as RxDB collections that replicate: works offline, in Node and in the browser.
import { addRxPlugin, createRxDatabase } from 'rxdb/plugins/core';
import { RxDBLeaderElectionPlugin } from 'rxdb/plugins/leader-election';
import { RxDBMigrationSchemaPlugin } from 'rxdb/plugins/migration-schema';
import { replicateRxCollection } from 'rxdb/plugins/replication';
import { defaultHashSha256 } from 'rxdb/plugins/utils';
import { Subject } from 'rxjs';

import { listen } from './pokes.mjs';

export { Session, TuyenError, newId } from './session.mjs';

addRxPlugin(RxDBLeaderElectionPlugin);
addRxPlugin(RxDBMigrationSchemaPlugin);

export const TABLES = ['account', 'contact', 'visit', 'note', 'check_in', 'issue'];
const PULL_BATCH = 1000;
const PUSH_BATCH = 100;
const QUICK_TRIES = 5;
const QUICK_MS = 400;
const MAX_TRIES = 60;
const OVER = new Set(['cursor_expired', 'epoch_changed', 'cursor_invalid']);
const REFUSED = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 200 },
    table: { type: 'string' },
    document: { type: 'object' },
    code: { type: 'string' },
    detail: { type: 'string' },
    at: { type: 'string' },
  },
  required: ['id', 'table', 'document', 'code'],
};

/** What is sent has to wait for something else that is on its way; it is tried again. */
export class Waiting extends Error {
  code = 'waiting';
}

/**
 * Open the collections and replicate them until `close()`.
 *
 * `storage` is any RxStorage. `schemas` is the answer of GET /v1/rx/schema; without it the service
 * is asked, so an app that is to start offline keeps it (`store.schemas`) or bundles it.
 * `pollSeconds` is for runtimes whose fetch cannot stream: instead of listening, look that often.
 */
export async function openStore({ session, storage, name = 'tuyen', schemas = null, tables = TABLES, multiInstance = false, retryMs = 5000, pollSeconds = 0 }) {
  const known = schemas ?? (await (await session.call('/v1/rx/schema')).json());
  const database = await createRxDatabase({ name, storage, multiInstance });
  const store = new Store({ session, database, schemas: known, tables, retryMs, pollSeconds });
  await database.addCollections({ refused: { schema: REFUSED } });
  for (const table of tables) await store.open(table);
  store.start();
  return store;
}

class Store {
  constructor(parts) {
    Object.assign(this, parts);
    this.replications = {};
    this.stopping = new AbortController();
    /** Every replication looks at the service anew when this says RESYNC. */
    this.resync$ = new Subject();
    /** Names a table whose collection was made anew: look it up in `collections` again. */
    this.reset$ = new Subject();
    /** Errors of any replication, each with its table; RxDB tries again by itself. */
    this.error$ = new Subject();
  }

  /** The collections by table, and `refused`: what the service did not take, with its reason. */
  get collections() {
    return this.database.collections;
  }

  /** Look at the service now. */
  resync() {
    this.resync$.next('RESYNC');
  }

  /** Wait until everything is sent and fetched; it takes as long as the network is away. */
  async inSync() {
    await Promise.all(this.tables.map((table) => this.replications[table].awaitInSync()));
  }

  /** Stop and close; what is not sent stays in the storage. */
  async close() {
    this.stopping.abort();
    await Promise.all(this.tables.map((table) => this.replications[table].cancel()));
    await this.database.close();
  }

  start() {
    const { session, pollSeconds } = this;
    listen({ session, pollSeconds, signal: this.stopping.signal, onPoke: () => this.resync() });
  }

  async open(table) {
    const schema = this.schemas.tables[table];
    // A new version only adds what the service sends anyway: nothing has to be computed.
    const versions = Array.from({ length: schema.version }, (_, index) => index + 1);
    const migrationStrategies = Object.fromEntries(versions.map((one) => [one, (old) => old]));
    await this.database.addCollections({ [table]: { schema, migrationStrategies } });
    this.replications[table] = this.replicate(table);
    this.replications[table].error$.subscribe((error) => {
      this.error$.next({ table, error });
      if (codesOf(error).some((code) => OVER.has(code))) this.reset(table);
    });
  }

  replicate(table, more = {}) {
    // One at a time: a page that was made before a push must not be taken for newer than it.
    const inTurn = takeTurns();
    return replicateRxCollection({
      replicationIdentifier: `tuyen-${this.session.deviceId}-${table}`,
      collection: this.collections[table],
      live: true,
      retryTime: this.retryMs,
      waitForLeadership: this.database.multiInstance,
      pull: {
        batchSize: PULL_BATCH,
        stream$: this.resync$,
        handler: (checkpoint, batchSize) => inTurn(() => this.pull(table, checkpoint, batchSize)),
      },
      push: {
        batchSize: PUSH_BATCH,
        handler: (rows) => inTurn(() => this.push(table, rows)),
      },
      ...more,
    });
  }

  pull(table, checkpoint, batchSize) {
    return this.session.post(`/v1/rx/${table}/pull`, { checkpoint: checkpoint ?? null, batchSize });
  }

  async push(table, rows) {
    for (let turn = 1; ; turn += 1) {
      const { conflicts, results } = await this.session.post(
        `/v1/rx/${table}/push?results=true`,
        rows.map(({ newDocumentState, assumedMasterState }) => ({ newDocumentState, assumedMasterState: assumedMasterState ?? null })),
        { 'Tuyen-Client-Time': new Date().toISOString() },
      );
      const waiting = results.filter((one) => one.status === 'deferred' || one.status === 'error');
      await this.keep(table, rows, results.filter((one) => one.status === 'rejected' || one.status === 'quarantined'));
      if (waiting.length === 0) return conflicts;
      rows.tries = (rows.tries ?? 0) + 1;
      if (rows.tries > MAX_TRIES) {
        await this.keep(table, rows, waiting);
        return [...conflicts, ...waiting.map((one) => ({ id: one.id, _deleted: true }))];
      }
      // A contact may be sent before its account, which is on its way.
      if (turn === QUICK_TRIES) throw new Waiting(`${waiting.length} of ${table} wait: ${waiting[0].detail}`);
      await new Promise((done) => setTimeout(done, QUICK_MS));
    }
  }

  /** Nothing that somebody wrote is lost: what the service refuses for good is kept aside. */
  async keep(table, rows, results) {
    for (const { id, code, status, detail } of results) {
      const document = rows.find((row) => row.newDocumentState.id === id).newDocumentState;
      const hash = await defaultHashSha256(JSON.stringify(document));
      await this.collections.refused.incrementalUpsert({
        id: `${table}|${id}|${hash}`,
        table,
        document,
        code: code ?? status,
        detail: detail ?? '',
        at: new Date().toISOString(),
      });
    }
  }

  /** The checkpoint is void: send what is unsent, then begin the collection anew. */
  async reset(table) {
    if (this.replications[table].isReset) return;
    this.replications[table].isReset = true;
    await this.replications[table].cancel();
    const rest = this.replicate(table, { live: false, pull: undefined });
    await rest.awaitInitialReplication();
    await this.collections[table].remove();
    await this.open(table);
    this.reset$.next(table);
  }
}

function takeTurns() {
  let last = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => {});
    return next;
  };
}

/** RxDB wraps what a handler throws; the codes of the service's refusals lie inside, or `waiting`. */
export function codesOf(error) {
  return (error.parameters?.errors ?? []).map((one) => one.code);
}
