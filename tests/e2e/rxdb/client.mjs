// An RxDB client that a test drives: one JSON command a line in, one JSON answer a line out.
import { createInterface } from 'node:readline';

import { disableWarnings, RxDBDevModePlugin } from 'rxdb/plugins/dev-mode';
import { addRxPlugin } from 'rxdb/plugins/core';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { wrappedValidateAjvStorage } from 'rxdb/plugins/validate-ajv';

import { codesOf, newId, openStore, Session } from '../../../examples/rxdb/tuyen-rxdb.mjs';

// Every document is checked against the service's schemas.
disableWarnings();
addRxPlugin(RxDBDevModePlugin);
const storage = wrappedValidateAjvStorage({ storage: getRxStorageMemory() });

let store = null;
let isOnline = true;
const network = (...call) => (isOnline ? fetch(...call) : Promise.reject(Object.assign(new Error('no network'), { code: 'offline' })));
const errors = [];
// They pass by themselves, and on a slow machine they are told when the network is back already.
const PASSING = new Set(['offline', 'waiting']);

const commands = {
  async open({ server, email, password }) {
    const session = await Session.signIn({ server, email, password, deviceId: newId(), deviceName: 'test', platform: 'node', fetch: network });
    store = await openStore({ session, storage, name: `t-${newId()}`, retryMs: 200 });
    store.error$.subscribe(({ table, error }) => {
      const isPassing = codesOf(error).some((code) => PASSING.has(code));
      if (!isPassing) errors.push(`${table}: ${error.message} ${JSON.stringify(error.parameters?.errors ?? null)}`);
    });
    await store.inSync();
    return session.user.id;
  },
  async sync() {
    store.resync();
    await store.inSync();
    return errors.splice(0);
  },
  online({ is }) {
    isOnline = is;
  },
  async insert({ table, document }) {
    const made = await store.collections[table].insert({ id: newId(), ...document });
    return made.id;
  },
  async patch({ table, id, values }) {
    const found = await store.collections[table].findOne(id).exec(true);
    await found.incrementalPatch(values);
  },
  async remove({ table, id }) {
    const found = await store.collections[table].findOne(id).exec(true);
    await found.incrementalRemove();
  },
  async dump({ table }) {
    return (await store.collections[table].find().exec()).map((one) => one.toMutableJSON());
  },
  /** Wait until a field of a document has a value, by whatever way it comes. */
  async until({ table, id, field, value }) {
    await new Promise((done) => {
      const seen = store.collections[table].findOne(id).$.subscribe((found) => {
        if ((found ? found.get(field) : null) === value) setTimeout(() => (seen.unsubscribe(), done()));
      });
    });
  },
  /** Wait until the store had to make a table's collection anew, and has fetched it. */
  async reset({ table }) {
    await new Promise((done) => {
      const seen = store.reset$.subscribe((name) => name === table && (seen.unsubscribe(), done()));
      store.resync();
    });
    await store.replications[table].awaitInSync();
  },
  async close() {
    await store.close();
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...more } = JSON.parse(line);
  try {
    const value = await commands[command](more);
    process.stdout.write(`${JSON.stringify({ value: value ?? null })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: `${error.stack ?? error}` })}\n`);
  }
  if (command === 'close') process.exit(0);
}
