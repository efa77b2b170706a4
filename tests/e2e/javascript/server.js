// One real regionlab process for a test file, on free ports, and SDK clients that talk to it.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

const PROGRAM = process.env.REGIONLAB;
const run = promisify(execFile);
export const EAST = "us-east-1";
export const WEST = "us-west-2";

async function readyFacts(child, file) {
  for (let round = 0; round < 400 && child.exitCode === null; round++) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text.includes("dns_port=")) {
      return Object.fromEntries(text.trim().split("\n").map((line) => line.split(/=(.*)/, 2)));
    }
    await sleep(25);
  }
  throw new Error("regionlab did not become ready");
}

// start("--clock", "virtual") gives a server; stop() ends it and fails if it ended badly.
export async function start(...args) {
  const folder = await mkdtemp(join(tmpdir(), "regionlab-"));
  const file = join(folder, "ready");
  const child = spawn(PROGRAM, ["up", "--port", "0", "--ready-file", file, "--seed", "7", ...args], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const { endpoint } = await readyFacts(child, file);
  const clients = [];
  const options = (region, more) => ({
    endpoint, region, maxAttempts: 1, credentials: { accessKeyId: "test", secretAccessKey: "test" }, ...more,
  });
  const keep = (client) => (clients.push(client), client);
  return {
    endpoint,
    client: (region = EAST, more = {}) => keep(new DynamoDBClient(options(region, more))),
    streams: (region = EAST) => keep(new DynamoDBStreamsClient(options(region))),
    documents(translation = {}, region = EAST) {
      return DynamoDBDocumentClient.from(this.client(region), translation);
    },
    async ctl(...words) {
      const { stdout } = await run(PROGRAM, ["ctl", "--endpoint", endpoint, "--json", ...words]);
      return JSON.parse(stdout);
    },
    advance(duration) {
      return this.ctl("clock", "advance", duration);
    },
    async stop() {
      clients.forEach((client) => client.destroy());
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const [code] = await ended;
      await rm(folder, { recursive: true });
      if (code !== 0) throw new Error(`regionlab ended with ${code}`);
    },
  };
}

// key is { name: type } with the partition key first; more are further members of CreateTable.
export function tableOf(name, key, { attributes = {}, ...more } = {}) {
  return {
    TableName: name,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: Object.entries({ ...key, ...attributes }).map(([AttributeName, AttributeType]) => ({
      AttributeName, AttributeType,
    })),
    KeySchema: Object.keys(key).map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? "HASH" : "RANGE" })),
    ...more,
  };
}

export async function makeTable(server, ...description) {
  await server.client().send(new CreateTableCommand(tableOf(...description)));
  await server.advance("1m");
}

export const index = (name, hash, range, projection = { ProjectionType: "ALL" }) => ({
  IndexName: name,
  KeySchema: [
    { AttributeName: hash, KeyType: "HASH" },
    ...(range ? [{ AttributeName: range, KeyType: "RANGE" }] : []),
  ],
  Projection: projection,
});
