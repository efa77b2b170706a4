// Two popular layers over the SDK: dynamoose (models) and ElectroDB (single-table entities).
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import dynamoose from "dynamoose";
import electrodb from "electrodb";
import { index, makeTable, start } from "./server.js";

const { Entity, Service } = electrodb;
let server;
before(async () => { server = await start(); });
after(() => server.stop());

describe("dynamoose", () => {
  let User;
  before(async () => {
    dynamoose.aws.ddb.set(new dynamoose.aws.ddb.DynamoDB({
      endpoint: server.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } }));
    const schema = new dynamoose.Schema({
      id: { type: String, hashKey: true },
      team: { type: String, index: { name: "by-team", type: "global", rangeKey: "age" } },
      age: Number,
      tags: { type: Set, schema: [String] },
      address: { type: Object, schema: { city: String } },
    }, { timestamps: true });
    User = dynamoose.model("users", schema);
    // It makes the table, and waits until the table is there.
    await new dynamoose.Table("users", [User], {
      throughput: "ON_DEMAND", initialize: false, waitForActive: { enabled: true, check: { timeout: 20000, frequency: 200 } } }).initialize();
  });

  it("creates, reads, updates and deletes", async () => {
    await User.create({ id: "u1", team: "red", age: 30, tags: new Set(["a"]), address: { city: "Bern" } });
    const user = await User.get("u1");
    assert.deepEqual([user.age, [...user.tags], user.address.city], [30, ["a"], "Bern"]);
    assert.ok(user.createdAt instanceof Date);
    const changed = await User.update({ id: "u1" }, { $ADD: { age: 1 }, $SET: { team: "blue" } });
    assert.deepEqual([changed.age, changed.team], [31, "blue"]);
    await User.delete("u1");
    assert.equal(await User.get("u1"), undefined);
  });

  it("does not overwrite on create", async () => {
    await User.create({ id: "u2", team: "red", age: 1 });
    await assert.rejects(User.create({ id: "u2", team: "red", age: 2 }), { name: "ConditionalCheckFailedException" });
  });

  it("queries an index, scans with a filter and reads batches", async () => {
    await User.batchPut([3, 4, 5, 6].map((age) => ({ id: `q${age}`, team: "green", age })));
    const found = await User.query("team").eq("green").where("age").between(4, 6).sort("descending").exec();
    assert.deepEqual(found.map(({ age }) => age), [6, 5, 4]);
    assert.equal((await User.scan("age").gt(4).and().where("team").eq("green").exec()).length, 2);
    assert.equal((await User.batchGet(["q3", "q4", "none"])).length, 2);
  });

  it("runs transactions", async () => {
    await dynamoose.transaction([User.transaction.create({ id: "x1", team: "t", age: 1 }), User.transaction.delete("q3")]);
    assert.equal(await User.get("q3"), undefined);
    await assert.rejects(dynamoose.transaction([
      User.transaction.create({ id: "x2", team: "t", age: 1 }), User.transaction.create({ id: "x1", team: "t", age: 1 })]),
    { name: "TransactionCanceledException" });
    assert.equal(await User.get("x2"), undefined);
  });
});

describe("ElectroDB", () => {
  let service;
  let virtual;
  after(() => virtual.stop());
  before(async () => {
    virtual = await start("--clock", "virtual");
    await makeTable(virtual, "single", { pk: "S", sk: "S" }, {
      attributes: { gsi1pk: "S", gsi1sk: "S" }, GlobalSecondaryIndexes: [index("gsi1", "gsi1pk", "gsi1sk")] });
    const client = virtual.documents();
    const employee = new Entity({
      model: { entity: "employee", version: "1", service: "office" },
      attributes: {
        id: { type: "string", required: true }, office: { type: "string", required: true },
        team: { type: "string", required: true }, salary: { type: "number" },
        skills: { type: "set", items: "string" }, manager: { type: "string" },
      },
      indexes: {
        one: { pk: { field: "pk", composite: ["id"] }, sk: { field: "sk", composite: [] } },
        byOffice: { index: "gsi1", collection: "workplace", pk: { field: "gsi1pk", composite: ["office"] },
          sk: { field: "gsi1sk", composite: ["team", "id"] } },
      },
    });
    const desk = new Entity({
      model: { entity: "desk", version: "1", service: "office" },
      attributes: { number: { type: "number", required: true }, office: { type: "string", required: true } },
      indexes: {
        one: { pk: { field: "pk", composite: ["number"] }, sk: { field: "sk", composite: [] } },
        byOffice: { index: "gsi1", collection: "workplace", pk: { field: "gsi1pk", composite: ["office"] },
          sk: { field: "gsi1sk", composite: ["number"] } },
      },
    });
    service = new Service({ employee, desk }, { client, table: "single" });
  });

  it("creates once, patches, upserts and removes", async () => {
    const { employee } = service.entities;
    await employee.create({ id: "e1", office: "bern", team: "red", salary: 10, skills: ["c"] }).go();
    await assert.rejects(employee.create({ id: "e1", office: "bern", team: "red" }).go(), /conditional request failed/i);
    const { data } = await employee.patch({ id: "e1" }).add({ salary: 5, skills: ["js"] }).set({ manager: "m" })
      .go({ response: "all_new" });
    assert.deepEqual([data.salary, [...data.skills].sort(), data.manager], [15, ["c", "js"], "m"]);
    await assert.rejects(employee.patch({ id: "none" }).set({ salary: 1 }).go(), /conditional request failed/i);
    await employee.upsert({ id: "e2", office: "bern", team: "blue" }).go();
    await employee.remove({ id: "e2" }).go();
    assert.equal((await employee.get({ id: "e2" }).go()).data, null);
  });

  it("reads a collection over entities, pages and filters", async () => {
    const { employee, desk } = service.entities;
    await employee.put(Array.from({ length: 30 }, (_, n) => ({
      id: `p${n}`, office: "genf", team: n % 2 ? "odd" : "even", salary: n }))).go();
    await desk.put([{ number: 1, office: "genf" }, { number: 2, office: "genf" }]).go();
    const { data } = await service.collections.workplace({ office: "genf" }).go({ pages: "all" });
    assert.deepEqual([data.employee.length, data.desk.length], [30, 2]);
    const page = await employee.query.byOffice({ office: "genf", team: "odd" }).go({ limit: 10 });
    const rest = await employee.query.byOffice({ office: "genf", team: "odd" }).go({ cursor: page.cursor });
    assert.deepEqual([page.data.length, rest.data.length], [10, 5]);
    const rich = await employee.query.byOffice({ office: "genf", team: "odd" })
      .where(({ salary }, { gte }) => gte(salary, 21)).go();
    assert.deepEqual(rich.data.map(({ salary }) => salary).sort(), [21, 23, 25, 27, 29]);
  });

  it("runs transactions over entities", async () => {
    const write = () => service.transaction.write(({ employee, desk }) => [
      employee.create({ id: "t1", office: "x", team: "y" }).commit(),
      desk.create({ number: 9, office: "x" }).commit()]).go();
    assert.equal((await write()).canceled, false);
    const second = await write();
    assert.equal(second.canceled, true);
    assert.deepEqual(second.data.map(({ code }) => code), ["ConditionalCheckFailed", "ConditionalCheckFailed"]);
  });
});
