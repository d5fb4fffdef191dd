// Graphile Worker, as fast as its options make it; what stage.py asks of every contender, in its words.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.env.BENCH_NODE_MODULES}/x.js`);
const { run, makeWorkerUtils, runMigrations } = require("graphile-worker");
const { Pool } = require("pg");

const PRODUCERS = 64;
const WAKE_PAUSE = 20;
const WARMING = 20;
const AT_ONCE = 1000;
const order = JSON.parse(process.argv[2]);
const quiet = { error() {}, warn() {}, info() {}, debug() {}, scope() { return quiet; } };
const now = () => performance.now() / 1000;

function body(number) {
  return {
    ref: `S${number}`,
    sales_order_code: `SO${number}`,
    despatch_id: `${number}`,
    despatched_at: "2026-11-02T12:00:00Z",
    courier: "Royal Mail",
    tracking_number: `RM${number}GB`,
    tracking_url: `https://example.com/track/RM${number}GB`,
    lines: [{ stock_code: "MUG-BLUE-12", quantity: "1" }],
  };
}

function parts(waits) {
  const ordered = [...waits].sort((a, b) => a - b);
  return [0.5, 0.99].map((part) => 1000 * ordered[Math.min(ordered.length - 1, Math.floor(part * ordered.length))]);
}

function spec(number, keys) {
  return { jobKey: String(number), maxAttempts: 1, ...(keys ? { queueName: `shop:${number % keys}` } : {}) };
}

// Order per queue holds only without the local queue.
async function worker(pool, deliver, { keys, local }) {
  const batched = local ? { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } : {};
  return run({
    preset: { worker: { pgPool: pool, concurrentJobs: local ? 24 : 10, pollInterval: 20, ...batched } },
    pgPool: pool,
    logger: { scope: () => quiet, ...quiet },
    noHandleSignals: true,
    taskList: { deliver: async (payload) => deliver(payload) },
  });
}

const tasks = {
  async fill({ utils }) {
    const began = now();
    for (let first = 0; first < order.count; first += AT_ONCE) {
      const specs = [];
      for (let number = first; number < Math.min(first + AT_ONCE, order.count); number++) {
        const runAt = order.deferred ? { runAt: new Date(Date.now() + 3600_000) } : {};
        specs.push({ identifier: "deliver", payload: body(number), ...spec(number, order.keys), ...runAt });
      }
      await utils.addJobs(specs);
    }
    return { done: order.count, seconds: now() - began };
  },

  async ingest({ utils }) {
    const waits = [];
    const end = now() + order.seconds;
    let number = 0;
    const produce = async () => {
      for (let began; (began = now()) < end; ) {
        const mine = number++;
        await utils.addJob("deliver", body(mine), spec(mine));
        waits.push(now() - began);
      }
    };
    const began = now();
    await Promise.all(Array.from({ length: PRODUCERS }, produce));
    return { done: waits.length, seconds: now() - began, waits: parts(waits) };
  },

  async drain({ pool }) {
    const newest = new Map();
    let done = 0, disorder = 0, last = 0, full;
    const filled = new Promise((resolve) => (full = resolve));
    const deliver = (payload) => {
      const number = Number(payload.despatch_id);
      const key = order.keys ? number % order.keys : number;
      if ((newest.get(key) ?? -1) > number) disorder++;
      newest.set(key, number);
      last = now();
      if (++done >= order.count) full();
    };
    const began = now();
    const runner = await worker(pool, deliver, { keys: order.keys, local: !order.keys });
    let timer;
    await Promise.race([filled, new Promise((resolve) => (timer = setTimeout(resolve, order.seconds * 1000)))]);
    clearTimeout(timer);
    const told = { done, seconds: (done >= order.count ? last : now()) - began, disorder };
    await runner.stop();
    return { ...told, finished: done };
  },

  async wake({ pool, utils }) {
    const told = new Map(), waits = [];
    let begun;
    const deliver = (payload) => {
      if (Number(payload.despatch_id) >= order.first + WARMING) waits.push(now() - told.get(payload.despatch_id));
      begun();
    };
    const runner = await worker(pool, deliver, { local: false });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const end = now() + order.seconds;
    for (let number = order.first; number < order.first + order.count && now() < end; number++) {
      const started = new Promise((resolve) => (begun = resolve));
      told.set(String(number), now());
      await utils.addJob("deliver", body(number), spec(number));
      await started;
      await new Promise((resolve) => setTimeout(resolve, WAKE_PAUSE));
    }
    await runner.stop();
    return { done: waits.length, waits: parts(waits) };
  },
};

const pool = new Pool({ connectionString: order.dsn, max: 26 });
pool.on("error", () => {});
pool.on("connect", (client) => client.on("error", () => {}));
if (order.do === "install") {
  await runMigrations({ pgPool: pool, logger: { scope: () => quiet, ...quiet } });
} else {
  const utils = await makeWorkerUtils({ pgPool: pool, logger: { scope: () => quiet, ...quiet } });
  console.log('"ready"');
  await new Promise((resolve) => createInterface({ input: process.stdin }).once("line", resolve));
  const before = process.cpuUsage();
  const told = await tasks[order.do]({ pool, utils });
  const used = process.cpuUsage(before);
  console.log(JSON.stringify({ ...told, cpu: (used.user + used.system) / 1e6 }));
  await utils.release();
}
await pool.end();
process.exit(0);
